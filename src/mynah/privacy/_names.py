"""Invented people's names by script, and words that are names and something else besides."""

from __future__ import annotations

FIRST = {
    "LATIN": """Adela Alwin Amalia Ansgar Arvid Astrid Bastian Beata Bertil Birgit Bodo Brenda Carsten Celina
    Corinna Cosima Damian
        Dorian Edda Egon Elvira Emil Erwin Fabia Falk Fiona Florin Gerda Gideon Greta Gustav Hadrian Hedda Helmar
        Henrike Ilja Imke Ines Ivo
        Jolanda Jonte Jorin Justus Kasimir Katja Konrad Lamberta Lasse Leonie Liv Lorena Lothar Ludmila Magda Malte
        Marek Mariola Merle
        Mirko Nadja Nils Norina Odin Olga Ortwin Oskar Otmar Paola Petra Piet Quirin Ramona Renata Rainer Rocco
        Roland Romina Runa Sandor
        Selma Silvio Solveig Stella Svea Tamara Tibor Thea Till Torsten Ulla Ursula Valeria Vasco Verena Viggo Wanda
        Wencke Xenia Yorick
        Yvonne Zelda Zoltan Zora""",
    "HEBREW": """אבישג אביתר אבנר אדווה אהוד אופירה אחינועם איתמר אלישבע אלקנה אסנת אפרת בועז בלהה בנימין ברוריה
    גדעון גלעד דבורה דורית
        הדסה הלל זבולון זהבה חגית חנוך טוביה יהושע יואב יוכבד יונתן יפתח ירדנה כלב כרמית לאה מיכל מלכיאל מרדכי נגה
        נחמיה נעמי נפתלי
        סמדר עדינה עובדיה עוזיאל עתליה פנחס צפורה צילה קרנית רבקה רחלי שולמית שלומציון תרצה""",
    "CYRILLIC": """Агата Алевтина Антонина Арсений Богдан Валерий Варвара Василиса Вениамин Всеволод Герман Глафира
    Григорий Дементий Демьян
        Евдокия Егор Елизар Ефросинья Жанна Зинаида Зоя Иннокентий Ираида Кирилл Клавдия Ксения Кузьма Лариса Леонид
        Лидия Макар Марфа Матвей
        Нестор Нонна Осип Пелагея Платон Прасковья Прохор Раиса Родион Савва Серафима Степан Тарас Таисия Ульяна
        Устин Фаина Федот Фёкла
        Харитон Эмма Эдуард Юлиан Ярослав""",
    "ARABIC": """أسامة أيمن باسل بسمة بشرى تامر ثريا جابر جميلة حازم حسناء داليا رائد رغد رنا زاهر زينب سامي سناء
    شادي شهد صفاء طارق ضحى
        عبلة عصام غادة فادي فاطمة فيصل قيس كوثر لبنى لؤي مازن مها ميسون نادر نبيلة نجلاء هاني هبة وائل وداد يزن يسرى""",
    "GREEK": """Αγγελική Αθανάσιος Αλέξης Ανδρέας Αργυρώ Βασίλης Γεωργία Γιάννης Δανάη Δέσποινα Ειρήνη Ελένη Ευγενία
    Ζωή Ηλίας Θανάσης Θάλεια
        Ιάσονας Καλλιόπη Κατερίνα Κώστας Λουκάς Μάριος Μελίνα Μυρτώ Νεφέλη Νικόλαος Ξένια Ορέστης Παναγιώτης Ρένα
        Σπύρος Στέλλα Τάσος
        Φίλιππος Φωτεινή Χάρης Χρύσα""",
}
"""First names; a pseudonym is one that does not occur in the chat."""
LETTERS = {
    "HEBREW": "אבגדהוזחטילמנערשת",
    "ARABIC": "بتجحدرزسشعفقكلمنهوي",
    "DEVANAGARI": "कगचजतदनपबमरलवशस",
    "THAI": "กขคงจชดตทนบปพมยรลวสห",
    "HANGUL": "가나다라마바사아자하고노도로모보소오조호",
    "CJK": "安白陈丁方高何江康林马宁彭秦沈唐魏徐杨朱",
    "HIRAGANA": "あいうえおかきくけこさしすせそたちつてと",
    "KATAKANA": "アイウエオカキクケコサシスセソタチツテト",
    "ARMENIAN": "աբգդելկհմնորստ",
    "GEORGIAN": "აბგდევზილმნორსტ",
}
"""Letters of which names are made where there is no list of names."""
UNSPACED = {"CJK", "HIRAGANA", "KATAKANA", "THAI", "HANGUL", "LAO", "KHMER", "MYANMAR"}
"""Scripts that put no spaces around a name."""

ORDINARY_WORDS = """the to and it is of that in for on my me was with have so be but are not this just we at what
    like if your can its
    up yes he she they there get out about or as go know how when then one good time got yeah ok okay now from had too
    well did going want think see been would back has here need some them more than by lol why who where him her our us
    any help try thanks please hello hey sorry sure right wrong first last next again never always maybe work file home
    und oder nicht ist das der die ich wir ihr auch noch mal nur wie was wo wer que por para con como más todo bien muy
    pour avec dans mais tout bien pas che per non sono come anche tutto mais muito bem isso как что это все так еще уже
    will may june july april august rose hope grace mark bill rich frank art grant pat sue jack joy
    faith dawn summer autumn ivy lily
    daisy violet ruby amber crystal pearl jade olive iris heather holly ginger sandy sunny sky star chance chase
    drew dale dean guy gene ray
    rob rod nick miles max bob don gil jean jo al ed so an van ty bo kit gay rusty buck chip cliff clay dot fern
    flora gale glen harmony
    hunter jasmine josh king lance laurel melody mercy mason carter cooper taylor baker smith cook fisher hill wood
    stone brown white black
    green young long short bush rice lane fox wolf page price banks fields woods rivers brooks forest north west
    bishop knight noble sharp
    swift bright strong wise love power moon snow winter frost storm march monday sunday friday paris london china
    india israel chad jordan
    virginia georgia victoria florence madison austin dallas
    ernst wolf klein gross groß kurz lang schwarz weiss weiß braun grün sommer engel könig kaiser fuchs vogel hahn
    berg stein wald baum
    richter schneider müller bauer koch weber fischer schmidt wagner winter herz lieb jung alt neu reich blum
    sol luz mar paz cruz rosa dolores pilar consuelo soledad angel ángel jesus jesús domingo leon león mercedes
    esperanza gloria clara
    blanca alba estrella paloma perla flor santos rey guerra campo moreno rubio blanco calvo delgado bravo prieto
    roca rojas vega
    graça dores vitória luzia pinto costa ribeiro lobo leite coelho carneiro pereira oliveira silva
    pierre claire marguerite blanche aimée désiré juste constant prudence fleur colombe aurore prune lou petit grand
    blanc roux noir
    chiara bianca stella viola speranza grazia bruno leone franco felice vittoria serena sole gioia fiore luce
    angelo rossi bianchi neri
    verdi russo conti
    can deniz su ay ece umut barış baris sevgi gül gul yağmur yagmur bahar toprak rüzgar savaş savas devrim onur
    ışık kaya aslan çiçek nur
    ben sen o de da ya güneş ateş doğa mutlu yaz poyraz çınar pınar ege ada eylül nisan mayıs yıldız
    вера надежда любовь роман лев слава роза мир лада злата май волк заяц белый черный лука марк
    אור שיר טל גל רון חן עדי שי גיל ים אגם אביב ניצן שקד אלון אורן ארז דור צור סלע דקל תמר הדס רקפת ורד נוגה נועם
    עדן רז סער אייל צבי דב
    זאב אריה ברק רעם שחר שלום חיים תקוה תקווה מזל יפה אושר אמונה בר פז לי דן שרון כרמל גפן ענבר לילך סיגל שני עופר
    נווה רותם יובל מעיין
    דגן גיא טוב מור נוי עוז ניר שגיא שביט יהלום ספיר פנינה ליל אופק עמית רועי ליאור דרור שירה נעמה מתן יונה רני אלה
    מאור סתיו הילה שושן
    أمل نور سلام سعيد كريم جميل جميلة حسن هدى فرح ندى إيمان ايمان ورد وردة أمير أميرة ملك شمس قمر ياسمين ريم جمال
    عادل صالح أمين عمر علي
    منى حياة وفاء رجاء صباح ليل ليلى رامي شادي هادي سالم ناصر نصر فارس بدر ربيع زهرة زهور حنان حنين غالي وسام سراج
    ضياء فجر سما سماء جود
    خالد رنا لين مجد محمود راشد رضا حبيب صديق طيب شهد عبد بركة"""
ORDINARY = frozenset(ORDINARY_WORDS.split())
"""Names that are ordinary words in some language of chats, too."""
ROLES_WORDS = """mom mum mommy mummy mama mamma mami maman mutti mutter dad daddy papa papi vati vater oma opa
    grandma grandpa granny nana auntie aunt
    uncle sis bro brother sister wife husband boss chef landlord doctor dr mr mrs ms miss sir madam prof professor
    herr frau fräulein signor
    signora signore señor señora senhor senhora monsieur madame mme mlle don doña tante onkel cousin work home
    office mobile private privat
    arbeit büro team group gruppe family familie support service help bot admin administrator moderator system user
    assistant unknown
    deleted account customer kunde guest anonymous somebody someone nobody everyone all here channel new old school
    uni the and und of von
    van der den de da di la le el al bin bint abu ibn y e et jr sr me you ich du yo tu io eu moi toi ubuntu linux
    chat info
    אמא אבא סבא סבתא דוד דודה אחי אחותי בית עבודה משרד ד"ר דר פרופ מר גברת אני
    мама папа бабушка дедушка брат сестра дядя тётя тетя работа дом
    أمي أبي ماما بابا جدتي جدي عمي عمتي خالتي أخي أختي البيت العمل الدكتور دكتور أم أبو ابو ام
    anne baba abla abi teyze amca dede nine iş ev"""
ROLES = frozenset(ROLES_WORDS.split())
"""What is no name in the name of a speaker."""
NICKNAMES = """alexander alex sasha sascha xander; alexandra alex sasha sascha; andreas andi andy; andrew andy drew;
    anthony tony; antonio toni tony; benjamin ben benny benji; charles charlie chuck; christian chris; christina chris
    chrissi tina; christopher chris; daniel dan danny dani; david dave davy; dominik dom domi; edward eddie ted;
    elizabeth liz lizzie beth betty; elisabeth lisa elli sissi; francesco checco; francisco paco pancho; franziska
    franzi; gabriel gabe; giovanni gianni; giuseppe peppe beppe; gregory greg; ignacio nacho; jacob jake; james jim
    jimmy jamie; jennifer jen jenny; jessica jess jessie; johannes hannes; john johnny; jonathan jon jonny yoni;
    jose pepe; josé pepe; joseph joe joey; joshua josh; katharina kathi kati; katherine kate katie kathy; kimberly
    kim; lawrence larry; leonardo leo; leonard leo lenny; louisa lou; manuel manu manolo; margaret maggie peggy meg;
    matthew matt; matthias matze; maximilian maxi; michael mike mikey michi micha; natalie nat; nathaniel nate;
    nicholas nicky; nikolaus niko; patricia patty trish; patrick paddy; peter pete; philipp phil; philip phil;
    rebecca becky becca; richard rick ricky; robert rob bob bobby robbie; roberto beto; ronald ron ronnie; samuel
    sam sammy; samantha sam; sebastian basti seb; stephanie steffi steph; stefan stef; steven steve; stephen steve;
    susan susie; susanne susi; theodore theo teddy; theresa tess terry; thomas tom tommy; timothy tim timmy; tobias
    tobi; valentina vale; victoria vicky tori; vincent vince vinny; william will bill billy; zachary zach zac;
    александр саша саня шура; александра саша; алексей лёша леша; анастасия настя; анна аня нюта; борис боря;
    валентина валя; валерий валера; василий вася; виктор витя; владимир володя вова; галина галя; дарья даша;
    дмитрий дима митя; евгений женя; евгения женя; екатерина катя; елена лена; елизавета лиза; иван ваня; константин
    костя; ксения ксюша; людмила люда; мария маша; михаил миша; наталья наташа; николай коля; ольга оля; павел паша;
    пётр петя; сергей серёжа сережа; светлана света; татьяна таня; юлия юля; юрий юра; אברהם אבי; יצחק איציק; בנימין
    בני; דניאל דני; יוסף יוסי; יעקב קובי; יהונתן יוני; יונתן יוני; משה מוישי; שמואל שמוליק; מרדכי מוטי; שלמה שלומי;
    נתנאל נתי; רפאל רפי"""
"""A first name and what those who bear it are called; parted by ;."""
