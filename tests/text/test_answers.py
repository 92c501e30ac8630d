"""Natural answers: what people text for yes and no, in many languages, and what is neither."""

from itertools import pairwise

import pytest

from custom_components.texting.text.normalize import normalize
from custom_components.texting.text.phrases import Choice, match_choice, parse_choices
from custom_components.texting.text.yes_no import YES_NO, neither, yes_no

# By language: texts that mean yes, texts that mean no, and texts that are not understood.
ANSWERS = {
    "en": (
        """Yes please | YES!!! | Sure | sure thing :) | Yes, turn it off | Sure, no problem | Ok. | okay then
        | yep, on my way | Yeah go ahead | Of course | Alright, do it | Go for it | y | K | 👍 | 👍🏽 | 👍👍🏽
        | 👍 thanks | 👍thanks | ok👍 | ✅ | 👌🏿 | Why not? | I'll do it | Please do | Definitely! | Fine by me
        | Yes, don't worry | Okay Ben, at 5 | yes yes yes | Uh huh | Absolutely, I don't mind | Yes I'm sure
        | Sure - can't wait | Yes\nBen | “Yes”""",
        """No | No thanks | Nope | nah | No, leave it on | No way! | Not now | not yet, later | Don't | Don’t do it
        | DONT DO IT | Do not do that please | Please don't | Never | Of course not | Absolutely not! | 👎
        | 👎🏾👎🏾 | ❌ | 👎 leave it | n | No need, thank you | No, of course not | I can't | cannot, sorry
        | Not at all | Not ok | rather not | No, no | no\nthx""",
        """Yes no | Yes, don't | Yes and no | No, do it | ok no | No ok | 👍👎 | ok 👎 | 👎 yes | y please | n o
        | y n | No idea | no idea! | No problem | Don't know | I don't know | Not sure | Never mind | maybe
        | what? | Who is this? | yesterday | nothing | notes | okra | Oui | sí | да | 是 | On my phone
        | Sure, but not now | | ?! | 7 | 🤔 | Hello, yes""",
    ),
    "de": (
        """Ja bitte | klar | Na klar! | Jo | jawohl, Chef | Gerne | Passt | passt, danke | Mach | mach ruhig
        | Natürlich | natuerlich | Ja, mach das Licht aus | Warum nicht | Ja, warum nicht | Auf jeden Fall
        | OK, weiß nicht wann | 👍 danke""",
        """Nein danke | nö | Nee | Nicht | Nein, jetzt nicht | Nicht jetzt | Mach das nicht! | Natürlich nicht
        | auf keinen Fall | lieber nicht | Niemals | passt nicht | NEIN!! | 👎""",
        """Ja nein | Ja, bitte nicht | weiß nicht | Weiß ich nicht | Nicht schlimm | vielleicht | yes | Jacke | oui
        | Nebel""",
    ),
    "fr": (
        """Oui s'il te plaît | oui s’il vous plait | Ouais | bien sûr | D'accord | d accord | D’ACCORD ! | Vas-y
        | ça marche | Oui, éteins la lumière | Pourquoi pas | « Oui » | ok""",
        """Non merci | pas maintenant | Non, pas maintenant | Nan | pas question | Bien sûr que non | jamais
        | Pas d'accord | surtout pas | ça marche pas""",
        "Oui et non | oui, non | je ne sais pas | bof | D'accord, mais pas maintenant | yes | ouistiti | Nonante",
    ),
    "es": (
        "Sí, por favor | si porfa | Claro que sí | Vale | dale | Por supuesto | ¡Sí! | cómo no | Por qué no",
        "No gracias | Ahora no | ni hablar | Claro que no | No, déjalo | jamás | No lo hagas",
        "No sé | no lo sé | No hay problema | No pasa nada | sí y no | quizás | siempre | Vale, pero ahora no",
    ),
    "pt": (
        "Sim, por favor | Claro | tá bom | Pode sim",
        "Não, obrigado | nao | agora não | Não pode",
        "Não sei | sim e não",
    ),
    "it": (
        "Sì grazie | si | Certo! | Va bene | Perché no",
        "No grazie | Certo che no | non ora",
        "Non so | sì e no | forse",
    ),
    "nl": (
        "Ja graag | Prima | doe maar | Tuurlijk",
        "Nee dank je | liever niet | doe maar niet",
        "Weet ik niet | ja nee",
    ),
    "sv": (
        "Ja tack | Japp | Självklart | Varför inte",
        "Nej tack | inte nu | gör det inte",
        "vet inte | ja, inte nu",
    ),
    "da": ("Ja tak | selvfølgelig | gør det", "Nej tak | ikke nu | selvfølgelig ikke", "Ved ikke | ja nej | yes"),
    "nb": ("Ja takk | Gjerne | greit", "Nei takk | ikke nå | absolutt ikke", "Vet ikke | jo nei"),
    "fi": (
        "Joo | Kyllä kiitos | Totta kai | käy",
        "Ei kiitos | älä | ei käy | Ei nyt",
        "En tiedä | ei haittaa | joo ei",
    ),
    "is": ("Já takk | auðvitað", "Nei takk | ekki núna", "Veit ekki | já nei"),
    "et": ("Jah, palun | muidugi", "Ei aitäh | kindlasti mitte", "Ei tea | jah ei"),
    "lv": ("Jā, lūdzu | protams", "Nē, paldies | protams nē", "jā nē | nezinu"),
    "lt": ("Taip, prašau | žinoma", "Ne, ačiū | žinoma, ne", "Ne bėda | taip ne"),
    "pl": (
        "Tak, proszę | Jasne | Czemu nie",
        "Nie, dziękuję | Nie teraz | raczej nie",
        "Nie wiem | nie ma sprawy | tak nie | no",
    ),
    "cs": ("Ano prosím | jasně | Proč ne", "Ne, díky | teď ne", "no | No jo | ano ne | nevím | nechte mě"),
    "sk": ("Áno, prosím | jasné", "Nie, ďakujem | teraz nie", "Nie je problém | áno nie"),
    "hu": (
        "Igen | Persze! | jó | Miért ne",
        "Nem, köszönöm | Most nem | ne",
        "Nem tudom | nem baj | igen, de most nem",
    ),
    "hr": ("Da, molim | može", "Ne, hvala | ne može", "Ne znam | da ne"),
    "sl": ("Ja, prosim | seveda", "Ne, hvala | seveda ne", "Ne vem | da in ne"),
    "ro": ("Da, te rog | sigur că da", "Nu, mulțumesc | nu acum", "Nu știu | nu-i problemă | da și nu"),
    "tr": (
        "Evet lütfen | Tamam | tabii ki",
        "HAYIR | Hayır, teşekkürler | şimdi değil | yok",
        "Sorun yok | evet hayır",
    ),
    "ca": ("Sí, si us plau | D'acord", "No, gràcies | ara no", "No ho sé | sí i no"),
    "vi": ("Có ạ | Vâng | được thôi", "Không, cảm ơn | dạ không | không được", "Không biết | không sao | có không"),
    "ru": (
        """Да, пожалуйста | Конечно! | давай | ага | ДА | Да, выключи | Почему бы и нет | ок 👍 | Да, не забудь ключ""",
        "Нет, спасибо | не надо | Конечно нет | Не сейчас | нет!!! | неа",
        "да нет | Не знаю | Нет проблем | дача | нетто | может быть | так",
    ),
    "uk": ("Так, будь ласка | звичайно | Чому б і ні | обов’язково", "Ні, дякую | не зараз", "так ні | не знаю | да"),
    "bg": ("Да, моля | добре | защо не", "Не, благодаря | не сега | не става", "Не знам | да не"),
    "sr": ("Да, молим | Da, molim | важи | može", "Не, хвала | ne hvala | не може", "Не знам | ne znam | да не"),
    "el": (
        "Ναι, παρακαλώ | ναί | Βεβαίως | ΕΝΤΑΞΕΙ | nai",
        "Όχι ευχαριστώ | οχι | όχι τώρα | Φυσικά όχι",
        "ναι όχι | δεν ξέρω",
    ),
    "ar": (
        "نعم، من فضلك | نَعَم | أيوه | طبعا | تمام 👍 | إوكي",
        "لا شكراً | لأ | كلا | طبعاً لا | ليس الآن",
        "لا أعرف | لا مشكلة | نعم لا | ربما",
    ),
    "he": ("כן, בבקשה | כֵּן | בטח | סבבה | למה לא", "לא תודה | לא עכשיו | בטח שלא", "לא יודע | כן ולא | אולי"),
    "hi": (
        "हाँ जी | हां, कर दो | ठीक है | haan ji | बिल्कुल",
        "नहीं, धन्यवाद | अभी नहीं | मत करो | nahi yaar",
        "पता नहीं | हाँ नहीं | नहीं पता",
    ),
    "ta": ("ஆம், நன்றி | சரி | ஆமாம்", "இல்லை, நன்றி | வேண்டாம் | சரி இல்லை", "ஆம் இல்லை | தெரியாது"),
    "th": (
        "ใช่ครับ | ใช่ค่ะ ปิดเลย | ได้เลยค่ะ | ตกลง | โอเคครับ",
        "ไม่ | ไม่ใช่ครับ | ไม่เอาค่ะ | ยังไม่ต้อง",
        "ใช่ไหม | ไม่รู้ | ไม่เป็นไร | ใช่หรือไม่",
    ),
    "ja": (
        """はい | はい、お願いします | はいお願いします | うん | もちろんです | 了解です！ | ハイ✨👍 | OKです | ok
        | わかりました。 | いいよー""",
        """いいえ | いいえ、結構です | いや、今日はやめて | だめです | ダメ❌ | やめてください | いいえ、今はいいです
        | ううん""",
        "はい、いいえ | ええと | そうですか？ | 何？ | 家にいます | はい、でも今日はだめ",
    ),
    "ko": (
        "네 | 네, 알겠습니다 | 예! | 좋아요 | 그래요 | 물론이죠 | ㅇㅇ | ㅇㅋ | 네👍",
        "아니요 | 아니에요 | 아뇨, 괜찮아요 | ㄴㄴ | 안 돼요 | 하지 마세요 | 당연히 아니죠 | 싫어요",
        "네 아니요 | 예약 | 네이버 | 그래서요? | 그래도 | 아니면 나중에 | 모르겠어요",
    ),
    "zh": (
        "是 | 是的，谢谢 | 好 | 好的👌 | 好啊好啊 | 可以，关掉吧 | 對 | 行 | 嗯嗯 | 没错 | OK的 | 当然可以",
        "不 | 不是 | 不用了，谢谢 | 不要 | 不可以 | 不行！ | 否 | 沒有 | 当然不 | 不❌",
        "是不是 | 是否 | 不知道 | 是谁？ | 对不起 | 没问题 | 好不好 | 可不可以 | 好像是 | 不错 | 也许 | 行李到了",
    ),
}  # fmt: skip
CASES = [
    (language, text.strip(), choice)
    for language, texts in ANSWERS.items()
    for choice, listed in zip(("yes", "no", None), texts, strict=True)
    for text in listed.replace("\n        ", " ").split(" | ")
]


@pytest.mark.parametrize(("language", "text", "choice"), CASES)
def test_what_people_text(language: str, text: str, choice: str | None) -> None:
    found = match_choice(parse_choices(yes_no(language), neither(language)), text)
    assert (found and found.id) == choice


def test_the_table_has_every_language() -> None:
    assert set(ANSWERS) == set(YES_NO)


@pytest.mark.parametrize("language", YES_NO)
def test_each_phrase_also_begins_an_answer(language: str) -> None:
    choices = parse_choices(yes_no(language), neither(language))
    for choice, phrases in yes_no(language).items():
        for phrase in phrases:
            if len(normalize(phrase)) > 1:
                found = match_choice(choices, f"{phrase}, 7!")
                assert (phrase, found and found.id) == (phrase, choice)


@pytest.mark.parametrize("language", YES_NO)
def test_neither_keeps_from_a_wrong_choice_only(language: str) -> None:
    """Each phrase is needed: without it, its text or a yes or no beside it is taken for something else."""
    choices, bare = parse_choices(yes_no(language), neither(language)), parse_choices(yes_no(language))
    for phrase in neither(language):
        assert match_choice(choices, phrase) is None
        beside = [(choice, f"{phrases[0]} 🙂 {phrase}") for choice, phrases in yes_no(language).items()]
        for choice, text in beside:
            assert match_choice(choices, text) == Choice(choice), text
        without = [match_choice(bare, phrase), *(match_choice(bare, text) for _, text in beside)]
        assert without[0] or None in without[1:], phrase


@pytest.mark.parametrize("language", YES_NO)
def test_ok_and_emoji_are_understood_in_every_language(language: str) -> None:
    choices = parse_choices(yes_no(language), neither(language))
    for texts, expected in ((("OK", "okay!", "👍🏿", "👌", "✅"), "yes"), (("👎🏻", "❌"), "no")):
        for text in texts:
            assert match_choice(choices, text) == Choice(expected)
    assert neither(f"{language}-XX") == neither(language)


def test_each_phrase_is_listed_once() -> None:
    for language, phrases in YES_NO.items():
        listed = sorted(normalize(phrase) for phrase in (*phrases[0], *phrases[1], *neither(language)))
        assert [one for one, next_one in pairwise(listed) if one == next_one] == [], language
