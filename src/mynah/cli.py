"""The command line. A command is a module: `mynah train` is tune/train.py. Nothing heavy is imported until it is used.

A module's flags are the options that its SECTIONS mark as flags; every other option is reachable by
`--set section.option=value` and by recipes. Exit status: 0, 1 where the user can mend it, 2 for bad usage, and 141, as
shells say it, where whoever read the output went away.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.util
import inspect
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

from cyclopts import App, CoercionError, CycloptsError, Group, Parameter, UnknownOptionError

from mynah.core import allocator, memory, processes
from mynah.core.errors import UserError, nearest
from mynah.core.options import Options, flag_of, resolve

FIRST = Group("Start here", sort_key=0)
STAGES = Group("Stages, one at a time (create runs them all)", sort_key=1)

# command: (module, group)
COMMANDS: dict[str, tuple[str, Group]] = {
    "demo": ("demo", FIRST),
    "create": ("create", FIRST),
    "chat": ("talk.chat", FIRST),
    "evaluate": ("measure.evaluate", FIRST),
    "report": ("measure.report", FIRST),
    "analyze": ("data.analyze", FIRST),
    "forget": ("forget", FIRST),
    "doctor": ("doctor", FIRST),
    "plan": ("tune.plan", FIRST),
    "ingest": ("data.ingest", STAGES),
    "clean": ("data.clean", STAGES),
    "pseudonymize": ("data.pseudonymize", STAGES),
    "pair": ("data.pair", STAGES),
    "split": ("data.split", STAGES),
    "show-tokens": ("tune.tokens", STAGES),
    "train": ("tune.train", STAGES),
    "bot": ("talk.bot", STAGES),
    "merge": ("ship.merge", STAGES),
}
COMMON: dict[str, tuple[Any, str, Any]] = {
    "project": (Path | None, "the project folder [default: the newest below here]", None),
    "recipe": (Path | None, "a published recipe by its name, or a YAML file of options by section", None),
    "set": (tuple[str, ...], "any option, such as --set train.lr=2e-4", ()),
    "json": (bool, "print one JSON document and nothing else", False),
    "debug": (bool, "show the traceback of an error", False),
}

TOGETHER = ("train",)  # commands that several processes can do together

FULL = 2**20  # bytes that are free on a disk on which nothing can be written
READER_GONE = 128 + 13  # what a shell makes of SIGPIPE
PLAIN: dict[str, Any] = {"negative": "", "show_default": False}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point of `mynah`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    allocator.keep()
    try:
        try:
            _answer(words)
        finally:
            sys.stdout.flush()  # a short answer meets a closed pipe only here
    except BrokenPipeError:
        _leave_quietly()
    sys.exit(0)


def _answer(words: Sequence[str]) -> None:
    """Run the command, and say what the user can mend."""
    try:
        _check_processes(words)
        build(words)(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _fail(_usage(error, words), status=2)
    except UserError as error:
        if "--debug" in words:
            raise
        _fail(str(error))
    except Exception as error:  # what a library says in its own way where the machine lacks something
        lacking = _lacking(error)
        if not lacking or "--debug" in words:
            raise
        _fail(f"{lacking} The same command goes on where it was.")
    except KeyboardInterrupt as stop:
        if not processes.first():  # all stop together, and one says so
            sys.exit(1)
        why = f" ({stop})" if str(stop) else ""
        _fail(f"stopped{why}. The same command goes on where it was.")


def _lacking(error: Exception) -> str:
    """What the machine ran out of, and what to do, where that is why a command ended; or nothing."""
    told = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if told or (not isinstance(error, OSError) and shutil.disk_usage(Path.cwd()).free < FULL):
        return "The disk is full. Free some space."
    if memory.ran_out(error):
        return "Memory ran out. End other programs, or take a smaller base, or --quant nf4."
    return ""


def _leave_quietly() -> NoReturn:
    """End where nobody reads any more. What is still held goes nowhere, so that Python does not complain at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    sys.exit(READER_GONE)


def _check_processes(words: Sequence[str]) -> None:
    """Raise UserError where a launcher started several processes of a command that one process does."""
    if processes.count() > 1 and words[:1] and words[0] not in TOGETHER:
        found = f"{processes.count()} of {words[0]!r}"
        todo = f"Run `mynah {words[0]}` without the launcher, and only `mynah train` with it."
        raise UserError("several processes of `mynah train`", found, todo)


def _fail(why: str, status: int = 1) -> NoReturn:
    print(f"mynah: {why}", file=sys.stderr)
    sys.exit(status)


def _usage(error: CycloptsError, words: Sequence[str]) -> str:
    """What is wrong with the words of a command, in a line."""
    command = words[0] if words and words[0] in COMMANDS else ""
    if command and isinstance(error, UnknownOptionError):
        typed = (error.token.keyword or error.token.value).partition("=")[0]
        return str(UserError(f"a flag of `mynah {command}`", repr(typed), _meant(typed, command)))
    if command and isinstance(error, CoercionError) and error.argument and error.token:
        section, _, key = error.argument.field_info.name.partition("__")
        try:  # it is said as of `--set`
            resolve(_module(command).SECTIONS.get(section, Options), {key: error.token.value} if key else {}, section)
        except UserError as same:
            return str(same)
    error.verbose = False  # which would name functions
    return f"{' '.join(str(error).split())} `{' '.join(['mynah', *filter(None, [command]), '--help'])}` tells more."


def _meant(typed: str, command: str) -> str:
    """The flag or the `--set` that was probably meant."""
    module = _module(command)
    ways = {name: [f"--{name}"] for name in COMMON}
    for section, options in module.SECTIONS.items():
        flags = section in getattr(module, "FLAGS", module.SECTIONS)
        for key in options.model_fields:
            flag = flag_of(key, options) if flags else None
            ways.setdefault(key.replace("_", "-"), []).append(flag or f"--set {section}.{key}=...")
            if flag:
                ways.setdefault(flag.removeprefix("--"), [flag])
    near = nearest(typed.lstrip("-").replace("_", "-"), ways)
    return f"Did you mean {' or '.join(ways[near])}?" if near else f"`mynah {command} --help` lists them."


def build(words: Sequence[str]) -> App:
    """The app. Only the command that `words` asks for is imported; the others are names with a line of help."""
    about = "Turns chats into a bot that talks like them, on this machine."
    app = App(name="mynah", help=about, version=_version, suppress_keyboard_interrupt=False)
    for place, (name, (module, group)) in enumerate(COMMANDS.items()):
        command = _command(_module(name)) if name in words[:1] else _nothing
        app.command(command, name=name, group=group, help=summary(module), sort_key=place)
    return app


def _module(command: str) -> Any:
    return importlib.import_module(f"mynah.{COMMANDS[command][0]}")


def summary(module: str) -> str:
    """What a module is for: the first line of its docstring, read without importing it."""
    spec = importlib.util.find_spec(f"mynah.{module}")
    assert spec and spec.origin
    with open(spec.origin, encoding="utf-8") as stream:
        return stream.readline().strip().removeprefix('"""').partition(": ")[2].capitalize()


def _version() -> str:
    from mynah.core.versions import versions

    return versions()["mynah-chat"]


def _nothing() -> None:
    """A command that was not asked for."""


def _command(module: Any) -> Callable[..., None]:
    """The function behind a command. Its parameters are made of the module's options."""

    def command(*words: Any, **flags: Any) -> None:
        from mynah.core.command import Call
        from mynah.create import SECTIONS

        known = {**SECTIONS, **module.SECTIONS}
        path = str(words[0]) if words and words[0] is not None else None
        call = Call(path, flags, known, [str(word) for word in words[1:]])
        with contextlib.redirect_stdout(sys.stderr) if call.say.as_json else contextlib.nullcontext():
            if hasattr(module, "main"):
                module.main(call)
            else:
                _stage(module, call)

    command.__signature__ = inspect.Signature(list(_parameters(module)))  # type: ignore[attr-defined]
    command.__doc__ = inspect.getdoc(module)
    return command


def _stage(module: Any, call: Any) -> None:
    """Run one stage in the newest project, or in the one that was named."""
    from mynah.core.folder import Project

    options = call.options(module.SECTIONS)
    with Project.find(call.project).locked() as project:
        account = module.run(project, *options.values())
    call.say.account(module, account)
    call.say.result(account.as_json())


def _parameters(module: Any) -> Iterator[inspect.Parameter]:
    """`PATH` (help and default of a positional path) and the flags of SECTIONS, then the common flags."""
    if hasattr(module, "PATH"):
        about, default = module.PATH
        needed = default is inspect.Parameter.empty
        yield _parameter("path", str if needed else str | None, default, Parameter(help=about), positional=True)
        if getattr(module, "SEVERAL", False):
            several: Any = Annotated.__class_getitem__((str, Parameter(help="more of them")))  # type: ignore[attr-defined]
            yield inspect.Parameter("more", inspect.Parameter.VAR_POSITIONAL, annotation=several)
    for section, options in getattr(module, "FLAGS", module.SECTIONS).items():
        yield from _flags(section, options, getattr(module, "IN_HELP", None))
    for name, (kind, about, default) in COMMON.items():
        shown = name != "debug"  # which is for those who read the code
        yield _parameter(name, kind, default, Parameter(name=f"--{name}", help=about, show=shown, **PLAIN))


def _flags(section: str, options: type[Options], named: Collection[str] | None) -> Iterator[inspect.Parameter]:
    """The flags of one section. Where the help names some, the others are there, too."""
    for key, field in options.model_fields.items():
        flag = flag_of(key, options)
        if flag:
            shown = "" if field.default in ("", None) else f" [default: {field.default}]"
            told = named is None or flag in named
            about = Parameter(name=flag, help=f"{field.description}{shown}", show=told, **PLAIN)
            kind: Any = field.annotation
            yield _parameter(f"{section}__{key}", kind | None, None, about)


def _parameter(name: str, kind: Any, default: Any, about: Parameter, *, positional: bool = False) -> inspect.Parameter:
    place = inspect.Parameter.POSITIONAL_ONLY if positional else inspect.Parameter.KEYWORD_ONLY
    annotation: Any = Annotated.__class_getitem__((kind, about))  # type: ignore[attr-defined]
    return inspect.Parameter(name, place, default=default, annotation=annotation)
