"""The words of the "Ultimate SMS" software. An error has a text and no code, in the site's language.

After a send, words of the carrier behind the site come in the same shape as the site's own. So only the site's own
whole sentences are read as its login, its plan or its credit; anything else is a refusal with its words.
"""

from collections.abc import Iterator
import re

from ...errors import (
    AccessDenied,
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    MessageRejected,
    RateLimited,
    ServerError,
)
from ...json_fields import MAX_ERROR_TEXT, ErrorWords, error_of
from ...phone_number import plain_digits
from ...status import FailureReason

# The sentences of a wrong token: of the software, its framework Laravel, and their usual translations.
WRONG_TOKEN = frozenset(
    {
        # English
        "unauthenticated",
        "these credentials do not match our records",
        "we can't find a user with that email address",
        "we can't find a user with that e-mail address",
        # French
        "authentification échouée",
        "non authentifié",
        "ces informations d'identification ne correspondent pas à nos enregistrements",
        "ces identifiants ne correspondent pas à nos enregistrements",
        "aucun utilisateur n'a été trouvé avec cette adresse email",
        "aucun utilisateur n'a été trouvé avec cette adresse e-mail",
        "nous ne trouvons pas d'utilisateur avec cette adresse e-mail",
        # Spanish
        "no autenticado",
        "estas credenciales no coinciden con nuestros registros",
        "las credenciales no coinciden con nuestros registros",
        "no encontramos ningún usuario con ese correo electrónico",
        # German
        "nicht authentifiziert",
        "diese kombination aus zugangsdaten wurde nicht in unserer datenbank gefunden",
        "diese anmeldeinformationen stimmen nicht mit unseren unterlagen überein",
        "es konnte leider kein nutzer mit dieser e-mail-adresse gefunden werden",
        # Italian
        "non autenticato",
        "credenziali non valide",
        "non riusciamo a trovare un utente con questo indirizzo email",
        # Portuguese
        "não autenticado",
        "as credenciais indicadas não coincidem com as registradas no sistema",
        "as credenciais indicadas não coincidem com as registadas no sistema",
        "credenciais informadas não correspondem com nossos registros",
        "essas credenciais não foram encontradas em nossos registros",
        "não existe nenhum usuário com o e-mail indicado",
        "não existe nenhum utilizador com o e-mail indicado",
    }
)
# How the sentences of a missing permission or plan begin, in the same languages.
_NO_ACCESS = re.compile(
    r"(you (do not|don't) have permissions? to access (the )?api"
    r"|sorry,? (but )?you (do not|don't) have permissions?"
    r"|(the )?purchased plan is not active"
    r"|(you have )?no active (subscription|plan)"
    r"|customer not found"
    r"|this action is unauthorized"
    r"|user does not have the right (permissions|roles)"
    r"|vous n'avez pas (la permission|l'autorisation) d'accéder à l'api"
    r"|désolé,? (mais )?vous n'avez pas (les|la|l'|d')\s?(permission|autorisation|droit)"
    r"|(le |votre )?(plan|forfait) acheté n'est pas actif"
    r"|(vous n'avez )?aucun abonnement actif"
    r"|no tiene[s]? permisos? para acceder a la api"
    r"|lo sentimos,? (pero )?no tiene[s]? permisos?"
    r"|(el )?plan (comprado|adquirido) no está activo"
    r"|(no hay )?(una |ninguna )?suscripción activa"
    r"|sie haben keine berechtigung,? (für|auf) die api"
    r"|(der )?gekaufte plan ist nicht aktiv"
    r"|kein aktives abonnement"
    r"|non hai il permesso di accedere all'api"
    r"|(il )?piano acquistato non è attivo"
    r"|nessun abbonamento attivo"
    r"|você não tem permissão para acessar a api"
    r"|não tem permissão para aceder à api"
    r"|(o )?plano (comprado|adquirido) não está ativo"
    r"|nenhuma (assinatura|subscrição) ativa)"
)
# How an exception of PHP, of Laravel or of its HTTP client reads. The software shows it as an error.
_EXCEPTION = re.compile(
    r"SQLSTATE\[|\bcURL error \d|\bUndefined (array key|index|offset|variable|property|constant|method|function)\b"
    r"|\bAttempt to (read|assign) property|\bTrying to (get property|access array offset)"
    r"|\bMaximum execution time|\bAllowed memory size|\bCall to (a member function|undefined (method|function))"
    r"|\bmust be (of|of the|an instance of) type\b|\bArgument #?\d|\bToo few arguments\b|\bUnsupported operand types"
    r"|\bArray to string conversion|\bDivision by zero|\bA non-numeric value"
    r"|\bCannot (use object|access offset|unpack array)"
    r"|\bcould not be converted to\b|\bsyntax error|\bTarget class \[|\bClass [\"'\\\w]+ (not found|does not exist)"
    r"|\b(Client|Server) error: `|\w+\(\):? |\bNo such file or directory|\bFailed to open stream"
    r"|\bConnection (refused|reset|timed out|could not be established)|\bOperation timed out|\bCould not resolve host"
    r"|\bDeadlock found|\bserver has gone away|\bMalformed UTF-8|\bUncaught |\w*Exception\b"
    r"|\bInvalid argument supplied for|\bIllegal string offset|\bbefore initialization\b|\bUnable to parse response\b"
    r"|\b(Could not|Failed to|Unable to) connect\b|\btimed?[ -]?out\b|\bEmpty reply from server|\bBad Gateway\b"
    r"|\bError Fetching http|\bno XML document|\[HTTP (429|5\d\d)\]"
    r"|\bThe (MAC|payload) is invalid|\bWhoops\b"
    r"|\bsomething went wrong|\b(server|internal) error|erreur interne"
    r"|quelque chose s.est mal passé|une erreur (s.est produite|est survenue)|algo salió mal|algo deu errado"
    r"|etwas ist schief|ein fehler aufgetreten|qualcosa è andato storto",
    re.IGNORECASE,
)
_THROTTLED = (
    r"\btoo many (login )?(attempts|requests)|rate.?limit|throttl"
    r"|trop de (tentatives|requêtes)|demasiad[oa]s (intentos|peticiones|solicitudes)"
    r"|zu viele (versuche|anfragen|loginversuche)|troppi tentativi|troppe richieste|muitas tentativas"
)
# The country or region of a number is not open to the account.
_REGION = (
    r"permission to send .*(region|country)|(region|country|destination)\b.*not (been )?(enabled|allowed|supported)"
    r"|(région|pays)\b.*(pas|non) (été )?(activé|autorisé|pris)"
    r"|(pas|non) (été )?(activé|autorisé|pris).*(région|pays)\b"
)
_NUMBER_WORDS = "(number|phone|recipient|numéro|destinataire)"
_INVALID_WORDS = "(invalid|incorrect|not (a )?valid|malformed|mal formaté|required|must be|obligatoire|requis)"
# The first pattern that matches counts.
_REFUSALS: ErrorWords = {
    r"sender|expéditeur": FailureReason.INVALID_MESSAGE,
    r"\bquota (dépassé|d.envoi|d.expédition)|sending (limit|quota)|limite d.envoi"
    r"|\byou (do not|don.t) have (enough|sufficient)|vous n.avez pas (assez|suffisamment)": InsufficientCredit,
    r"black.?list|liste noire|opt(ed)?.?out|unsubscri|désabonn": FailureReason.OPTED_OUT,
    _REGION: FailureReason.PROHIBITED,
    r"spam|prohibited|forbidden|not allowed|interdit": FailureReason.PROHIBITED,
    f"{_NUMBER_WORDS}.*{_INVALID_WORDS}|{_INVALID_WORDS}.*{_NUMBER_WORDS}": FailureReason.INVALID_NUMBER,
    r"message|template|modèle|media|média|language|langue|gender|genre|type|schedule": FailureReason.INVALID_MESSAGE,
}
# The site's login in words that are not known. They count where no carrier answers.
_LOGIN = re.compile(r"unauth|authenti|token|jeton", re.IGNORECASE)
# Words of a carrier, which some sites write in the place of a status.
_CARRIER = re.compile(
    r"authentication error|access token not found|balance insufficient|insufficient balance|invalid request",
    re.IGNORECASE,
)
# Reasons that concern single numbers of a batch.
_NUMBER_REASONS = frozenset({FailureReason.INVALID_NUMBER, FailureReason.OPTED_OUT})
# Reasons of sentences that may say something else, such as "Your message was sent to …".
_VAGUE = frozenset({FailureReason.OTHER, FailureReason.INVALID_MESSAGE})
# Something is missing that a request named.
NOT_FOUND = re.compile(
    r"not found|no query results|no such|does(n.t| not) exist|introuvable|non trouv|n.existe pas", re.IGNORECASE
)
_TAGS = re.compile(r"<[^<>]{0,100}>")
# Where a sentence ends. Some sites put no stop between two refusals, but each has its number first or last.
_ENDS = re.compile(r"[!?;|\n]+|\.(?!\d)|(?<=number|valide)\s+(?=[A-Z])|\s+(?=Permission to\b|\d{6,15}\s+(?:is|est)\b)")
# An exception of the database ends with its query. Other values are quoted.
_QUERY = re.compile(r"\((?:SQL|Connection)\b")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|(?<=\?)\S+=\S*")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d{3,}")
# Several numbers. They may stand before the reason.
_NUMBERS = re.compile(r"[\d\s,;+]{20,}")
# Characters of a text, and of a sentence, that are read. A text may name all numbers of a batch in as many sentences.
_MAX_WORDS, _MAX_SENTENCE = 20_000, 300
# A number in groups: +33 6 12 34 56 78, or 336-1234-5678.
_GROUPED = re.compile(r"(?<!\d)\d{1,4}(?:[ \u00a0./()-]{1,2}\d{1,4}){2,8}(?!\d)")
_ACCEPTED = re.compile(r"success|succès|accept(ed|é)|\bsent\b|envoyé|queued|delivered", re.IGNORECASE)
_NOT = re.compile(r"n['’]t\b|\b(not|no|pas|unable|undeliver\w*|fail\w*|échou\w*)\b", re.IGNORECASE)


def error_of_words(words: str, *, sending: bool) -> GatewayError:
    """Return the error of a text. sending: a carrier may have written it."""
    words = _without_numbers(words)
    sentence = _bare(words)
    if sentence in WRONG_TOKEN:
        return AuthenticationFailed(words)
    if _NO_ACCESS.match(sentence):
        return AccessDenied(words)
    # An exception may speak of the rate limit of a carrier, but a part of the batch may have been sent before.
    if _EXCEPTION.search(words):
        return ServerError(_without_values(words))
    if re.search(_THROTTLED, words, re.IGNORECASE):
        return RateLimited(words)
    if not sending and _LOGIN.search(words):
        return AuthenticationFailed(words)
    return error_of(words, _REFUSALS)


def is_of_carrier(words: str) -> bool:
    """Return True for an error that a carrier gives, whatever the site makes of it."""
    return _CARRIER.search(words) is not None


def concerns_numbers(error: GatewayError, words: str) -> bool:
    """Return True if an error with these words is about single numbers, so that others may still be sent to."""
    return error.reason in _NUMBER_REASONS or (
        error.reason is FailureReason.PROHIBITED
        and re.search(_REGION, _without_numbers(words), re.IGNORECASE) is not None
    )


def refused_numbers(words: str) -> dict[str, tuple[MessageRejected, str]]:
    """Return the digits of the numbers that a text names as refused, each with the error of its sentence, and that."""
    found: dict[str, tuple[MessageRejected, str]] = {}
    words = words[:_MAX_WORDS]
    if not _DIGIT.search(words):
        return found
    whole = error_of(_without_numbers(words), _REFUSALS)
    for sentence in _sentences(words):
        error = error_of(_without_numbers(sentence)[:_MAX_SENTENCE], _REFUSALS)
        if error.reason in _VAGUE:
            if _ACCEPTED.search(sentence) and not _NOT.search(sentence):
                continue
            # The reason may be in a sentence before the numbers.
            error = whole
        refusal = MessageRejected(sentence, reason=error.reason), sentence
        for number in (*_NUMBER.findall(sentence), *_GROUPED.findall(sentence)):
            found.setdefault(plain_digits(number), refusal)
    return found


def _without_numbers(words: str) -> str:
    """Return the beginning of a text without lists of numbers, which may be long."""
    return _NUMBERS.sub(" … ", words[:_MAX_WORDS])[:MAX_ERROR_TEXT]


def _sentences(words: str) -> Iterator[str]:
    lines = _TAGS.sub("\n", words).splitlines()
    for sentence in _ENDS.split("\n".join(" ".join(line.split()) for line in lines)):
        if sentence.strip():
            yield sentence.strip()


def _without_values(exception: str) -> str:
    """Return the text of an exception without its queries and its quoted values, which may hold our message."""
    return _QUOTED.sub("…", _QUERY.split(exception)[0])


def _bare(words: str) -> str:
    """Return a text in lower case, with plain apostrophes, single spaces and no stop at its end."""
    return " ".join(words.casefold().replace("’", "'").replace("`", "'").split()).rstrip(" .!")
