"""Words of a provider that are unknown here, counted for bug reports.

A provider may repeat a number or a text of the home. So only words that providers use are kept, and of those none that
the message itself has. The one exception is a status of a single word, since a status is unknown by its word.
"""

from collections.abc import MutableMapping
from enum import StrEnum
import re

from .errors import GatewayError, InvalidResponse, MessageRejected
from .message import DeliveryReport
from .status import FailureReason, Status

# Different words that are kept, and characters of each.
MAX_WORDS = 50
MAX_LENGTH = 40
# What is counted once MAX_WORDS are kept.
MORE = "…"
_MAX_INPUT = 1000
_MAX_STATUS = 20

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|_+")
_CODE = re.compile(r"-?[0-9]{1,3}")
_STATUS = re.compile(r"[^\W\d_]+")
_ENDS = re.compile(r"[|:(\[{]")

# The words that are kept, in lower case: English, French, Spanish, Portuguese, Italian, German, and names of software.
VOCABULARY = frozenset(
    """
    a access account action active address allowed already and answer api application are argument array at attempt
    attempts attribute authenticated authentication authorization authorized available bad balance been before blacklist
    blacklisted blocked body by call campaign cannot carrier category channel character characters check client code
    column compliance config connection contact contacts content could country coverage create created credential
    credentials credit credits curl currency data database daily date day deactivated default delivered delivery denied
    destination did disabled dlt does doesn't domain don't duplicate email empty enabled encoding end entity error
    exceeded exception exist exists expired failed failure false fatal fetch field file filtered for forbidden format
    found from function gateway geo group groups has have header host html http https id in inactive incorrect index
    insufficient integer internal invalid ip is it json key keyword landline large left length limit line list local
    location log long lookup maintenance malformed match maximum message messages method minimum minute missing mms
    mobile model module must name network neither no nor not null number numbers object of off offset on one only
    operator opt opted or order out outbound page parameter parameters parse password payload pending per permission
    permissions phone php plain plan please pool port price processed processing profile progress prohibited property
    protocol provided provider purchased queue queued quota rate reached read recipient recipients record refused region
    registered reject rejected request requested required resource response restricted retry route routing rule running
    scheduled scrubbing secret segment segments select send sender sending sent server service session short site size
    sms sold something sorry spam specified sql sqlstate status string submit submitted subscriber subscription success
    successful supported suspended syntax system tag template templates temporarily temporary text the this throttled
    time timeout timed to token too true try type unauthenticated unauthorized undefined unexpected unicode unit units
    unknown unsubscribed unsupported url use used user username valid value values verified version viber voice wait
    waiting was webhook whatsapp when while whitelist with words wrong you your zone
    accès adresse aucun au autorisé avec champ clé compte contenu crédit crédits dans de des désabonné destinataire
    doit du en erreur est et été expéditeur expiré format forfait introuvable invalide jeton la le les limite liste
    manquant méthode mobile ne nombre non numéro opérateur ou pas pays permission plus pour refusé requête requis
    serveur service solde sur téléphone texte trop un une utilisateur valide vide votre
    acceso campo clave contenido crédito créditos cuenta del denegado desconocido destinatario el es está falta inválido
    mensaje no número para país permitido permiso remitente requerido saldo servidor sin teléfono tiene usuario válido
    acesso campo chave conta crédito é em erro inválida inválido mensagem não número para remetente saldo senha sem
    servidor telefone usuário válido
    accesso campo chiave credito destinatario errore è il messaggio mittente non numero richiesto saldo utente valido
    absender abgelaufen benutzer das der die ein empfänger fehler fehlt gesperrt guthaben ist kein keine konto nachricht
    nicht nummer server text ungültig ungültige zugriff
    cloudflare eloquent guzzle infobip laravel messagebird mysql nexmo pdo plivo redis twilio vonage
    """.split()  # noqa: SIM905  words are easier to read than a list of strings
)


class Kind(StrEnum):
    """Where a word comes from."""

    STATUS = "status"
    ERROR = "error"
    RESPONSE = "response"


class UnknownWords:
    """The words of one account, counted in a mapping that its owner keeps."""

    def __init__(self, counts: MutableMapping[str, int]) -> None:
        """Count on."""
        self.counts = counts

    def note_error(self, error: GatewayError, own: str = "") -> bool:
        """Count an error whose cause is not known. own is what the provider may repeat. Return True if it counts."""
        if isinstance(error, InvalidResponse):
            return self._count(Kind.RESPONSE, " ".join(filter(None, (error.code, error.detail))), own)
        if type(error) is MessageRejected and error.limit is None and error.reason is FailureReason.OTHER:
            return self._count(Kind.ERROR, " ".join(filter(None, (error.code, error.detail))), own)
        return False

    def note_report(self, report: DeliveryReport, own: str = "") -> bool:
        """Count a status that is not known. Return True if it counts."""
        return report.status is Status.UNCERTAIN and self.note_status(report.provider_status, own)

    def note_status(self, word: str, own: str = "") -> bool:
        """Count a status. Return True if it counts."""
        return self._count(Kind.STATUS, word, own)

    def _count(self, kind: Kind, words: str, own: str) -> bool:
        if not words:
            return False
        kept = safe_status(words, own) if kind is Kind.STATUS else safe_words(words, own)
        key = f"{kind}: {kept}"
        if key not in self.counts and len(self.counts) >= MAX_WORDS:
            key = MORE
        self.counts[key] = self.counts.get(key, 0) + 1
        return True


def safe_status(words: str, own: str = "") -> str:
    """Return the words of a status that may be shown: one word, or words of the vocabulary."""
    word = _ENDS.split(words[:_MAX_INPUT], maxsplit=1)[0].strip()
    if _STATUS.fullmatch(word) and len(word) <= _MAX_STATUS and word.lower() not in own.lower():
        return word.lower()
    return safe_words(word, own)


def safe_words(words: str, own: str = "") -> str:
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
    return sentence if len(sentence) <= MAX_LENGTH else sentence[:MAX_LENGTH].rpartition(" ")[0] or MORE


def _parts(word: str) -> list[str]:
    """Return the parts of a word without punctuation. Digits with anything else between them are one number.

    So is what stands for a number or a token that was cut out before.
    """
    stripped = word.strip(".,;:!?\"'“”«»()[]{}|<>=")
    if MORE in stripped or any(each.isdigit() for each in stripped):
        return [MORE if MORE in stripped else stripped]
    return [part for part in _WORD.findall(stripped) if not part.startswith("_")]
