"""Words of a provider that are unknown here, counted for bug reports.

A provider may repeat a number or a text of the home. So only words that providers use are kept, and of those none that
the message itself has. The one exception is a status of a single word, since a status is unknown by its word.
"""

from collections.abc import MutableMapping
from enum import StrEnum
import re
import unicodedata

from .errors import BalanceUnreadable, GatewayError, InvalidResponse, MessageRejected
from .message import DeliveryReport
from .status import FailureReason, Status

# Different words that are kept, and characters of each.
MAX_WORDS = 50
MAX_LENGTH = 40
# What is counted once MAX_WORDS are kept.
MORE = "…"
_MAX_INPUT = 1000
_MAX_STATUS = 20
_MAX_OWN = 10_000

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|_+")
_CODE = re.compile(r"-?[0-9]{1,3}")
_STATUS = re.compile(r"[^\W\d_]+")
_ENDS = re.compile(r"[|:(\[{]")

# The words that are kept, in lower case: English, French, Spanish, Portuguese, Italian, German, and names of software.
# Small words as "the" are left out, since they would show how a text is built.
VOCABULARY = frozenset(
    """
    access account action active address allowed answer api application argument array attempt attempts attribute
    authenticated authentication authorization authorized available bad balance blacklist blacklisted blocked body
    call campaign cannot carrier category channel character characters check client code column compliance config
    connection contact contacts content country coverage create created credential credentials credit credits curl
    currency data database deactivated default delivered delivery denied destination disabled dlt domain duplicate
    email empty enabled encoding entity error exceeded exception exist exists expired failed failure fatal fetch
    field file filtered forbidden format found function gateway geo group groups header host html http https id in
    inactive incorrect insufficient integer internal invalid ip json key keyword landline length limit list local
    location lookup maintenance malformed match maximum message messages method minimum missing mms mobile model
    module name network neither no nor not null number numbers object offset operator opt opted order outbound page
    parameter parameters parse password payload pending per permission permissions phone php plan pool port price
    processed processing profile progress prohibited property protocol provided provider purchased queue queued
    quota rate reached recipient recipients record refused region registered reject rejected request requested
    required resource response restricted retry route routing rule running scheduled scrubbing secret segment
    segments select send sender sending sent server service session site size sms sold spam specified sql sqlstate
    status string submit submitted subscriber subscription success successful supported suspended syntax system tag
    template templates temporarily temporary text throttled timeout timed token type unauthenticated unauthorized
    undefined unexpected unicode unit units unknown unsubscribed unsupported url user username valid value values
    verified version viber voice wait waiting webhook whatsapp whitelist zone accès adresse aucun autorisé champ clé
    compte contenu crédit crédits désabonné destinataire doit erreur expéditeur expiré forfait introuvable invalide
    jeton limite liste manquant méthode ne nombre non numéro opérateur pas pays plus refusé requête requis serveur
    solde téléphone texte utilisateur valide vide acceso campo clave contenido crédito créditos cuenta denegado
    desconocido destinatario falta inválido mensaje número país permitido permiso remitente requerido saldo servidor
    teléfono usuario válido acesso chave conta erro inválida mensagem não remetente senha telefone usuário accesso
    chiave credito errore messaggio mittente numero richiesto utente valido absender abgelaufen benutzer empfänger
    fehler fehlt gesperrt guthaben kein keine konto nachricht nicht nummer ungültig ungültige zugriff cloudflare
    eloquent guzzle infobip laravel messagebird mysql nexmo pdo plivo redis twilio vonage
    """.split()  # noqa: SIM905  words are easier to read than a list of strings
)


class Kind(StrEnum):
    """Where a word comes from."""

    STATUS = "status"
    ERROR = "error"
    RESPONSE = "response"
    BALANCE = "balance"


class UnknownWords:
    """The words of one account, counted in a mapping that its owner keeps.

    A note returns True if the counts are worth saving: at each first time, and then at each power of two, since a
    provider may give the same error at each read.
    """

    def __init__(self, counts: MutableMapping[str, int]) -> None:
        """Count on."""
        self.counts = counts

    def note_error(self, error: GatewayError, own: str = "") -> bool:
        """Count an error whose cause is not known. own is what the provider may repeat."""
        if isinstance(error, BalanceUnreadable):
            return self._add(f"{Kind.BALANCE}: {error.detail}")  # only its shape
        if isinstance(error, InvalidResponse):
            return self._count(Kind.RESPONSE, " ".join(filter(None, (error.code, error.detail))), own)
        if type(error) is MessageRejected and error.limit is None and error.reason is FailureReason.OTHER:
            return self._count(Kind.ERROR, " ".join(filter(None, (error.code, error.detail))), own)
        return False

    def note_report(self, report: DeliveryReport, own: str = "") -> bool:
        """Count a status that is not known."""
        return report.status is Status.UNCERTAIN and self.note_status(report.provider_status, own)

    def note_status(self, word: str, own: str = "") -> bool:
        """Count a status."""
        return self._count(Kind.STATUS, word, own)

    def _count(self, kind: Kind, words: str, own: str) -> bool:
        if not words:
            return False
        kept = safe_status(words, own) if kind is Kind.STATUS else safe_words(words, own)
        return self._add(f"{kind}: {kept}")

    def _add(self, key: str) -> bool:
        if key not in self.counts and len(self.counts) >= MAX_WORDS:
            key = MORE
        self.counts[key] = count = self.counts.get(key, 0) + 1
        return not count & (count - 1)


def safe_status(words: str, own: str = "") -> str:
    """Return the words of a status that may be shown: one word, or words of the vocabulary."""
    word = _ENDS.split(words[:_MAX_INPUT], maxsplit=1)[0].strip()
    is_one = _STATUS.fullmatch(word) and len(word) <= _MAX_STATUS
    # A longer text cannot be searched fast enough, so it counts as one that has the word.
    if is_one and len(own) <= _MAX_OWN and _bare(word) not in _bare(own):
        return word.lower()
    return safe_words(word, own)


def safe_words(words: str, own: str = "", max_length: int = MAX_LENGTH) -> str:
    """Return a provider's sentence with its known words and its only number, if it is short; … stands for the rest.

    Of several numbers only an HTTP status is kept, since they may be the parts of a longer one.
    """
    taken = {word.lower() for word in _WORD.findall(own)}
    kept: list[str] = []
    parts = [part.lower() for word in words[:_MAX_INPUT].split() for part in _parts(word)]
    numbers = sum(part == MORE or any(each.isdigit() for each in part) for part in parts)
    for before, part in zip(["", *parts], parts, strict=False):
        is_code = _CODE.fullmatch(part) and (numbers == 1 or before == "http")
        if part not in taken and (part in VOCABULARY or is_code):
            kept.append(part)
        elif kept[-1:] != [MORE]:
            kept.append(MORE)
    sentence = " ".join(kept) or MORE
    return sentence if len(sentence) <= max_length else sentence[:max_length].rpartition(" ")[0] or MORE


def _bare(text: str) -> str:
    """Return the letters and digits of a text without case and accents, so that it is known in another spelling."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filter(str.isalnum, plain))


def _parts(word: str) -> list[str]:
    """Return the parts of a word without punctuation. Digits with anything else between them are one number.

    So is what stands for a number or a token that was cut out before.
    """
    stripped = word.strip(".,;:!?\"'“”«»()[]{}|<>=")
    if MORE in stripped or any(each.isdigit() for each in stripped):
        return [MORE if MORE in stripped else stripped]
    return [part for part in _WORD.findall(stripped) if not part.startswith("_")]
