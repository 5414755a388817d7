"""Chat templates that the rendering laws are tested on: some in our own words, some from the installed TRL."""

from __future__ import annotations

from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mynah.models.load import STARTER
from mynah.models.render import DIALOGPT

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set told = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set told = '' %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('user and assistant must take turns') }}{% endif %}"
    "{% if m['role'] == 'user' %}<s>[INST] {{ told if loop.first else '' }}{{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }} </s>{% endif %}{% endfor %}"
)
MISTRAL = (
    "<s>{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system text') }}{% endif %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns must alternate') }}{% endif %}"
    "{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]{% else %} {{ m['content'] }}</s>{% endif %}"
    "{% endfor %}"
)
# name: (template, or the file of TRL that holds it; special tokens; the token that ends a turn)
TEMPLATES: dict[str, tuple[str, list[str], str]] = {
    "starter": ("", [], "<|end|>"),
    "chatml": (CHATML, ["<|im_start|>", "<|im_end|>"], "<|im_end|>"),
    "llama2": (LLAMA2, ["<s>", "</s>"], "</s>"),
    "dialogpt": (DIALOGPT, [], "<|end|>"),
    "mistral": (MISTRAL, ["<s>", "</s>", "[INST]", "[/INST]"], "</s>"),
    "llama3": (
        "llama3.jinja",
        ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "<|eot_id|>",
    ),
    "gemma": ("gemma.jinja", ["<bos>", "<start_of_turn>", "<end_of_turn>"], "<end_of_turn>"),
    "qwen3": ("qwen3.jinja", ["<|im_start|>", "<|im_end|>", "<think>", "</think>"], "<|im_end|>"),
}
BEGINS = {"llama2": "<s>", "mistral": "<s>", "llama3": "<|begin_of_text|>", "gemma": "<bos>"}
USER_ENDS = {"llama2": "", "mistral": "[/INST]"}
"""What ends a turn of the user where it is not what ends one of the assistant. Llama 2's is no special token."""


def tokenizer_with(name: str) -> PreTrainedTokenizerBase:
    """The starter's tokenizer with the special tokens and the chat template of another model family."""
    text, specials, end = TEMPLATES[name]
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    if name == "starter":
        return tokenizer
    if text.endswith(".jinja"):
        import trl

        text = (Path(trl.__file__).parent / "chat_templates" / text).read_text()
    tokenizer.add_special_tokens({"additional_special_tokens": specials})
    tokenizer.eos_token, tokenizer.bos_token = end, BEGINS.get(name)
    tokenizer.chat_template = text
    return tokenizer
