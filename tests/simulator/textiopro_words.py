"""The sentences of TextioPro's software, as sites say them in their languages."""

import re

# What the token API says of a wrong token: the sentence for an unknown token, by language.
WRONG_TOKEN = {
    "en": "These credentials do not match our records.",
    "fr": "Ces informations d'identification ne correspondent pas à nos enregistrements.",
    "es": "Estas credenciales no coinciden con nuestros registros.",
    "de": "Diese Kombination aus Zugangsdaten wurde nicht in unserer Datenbank gefunden.",
    "it": "Credenziali non valide.",
    "pt": "As credenciais indicadas não coincidem com as registadas no sistema.",
}
# What an account may lack: the HTTP status, and the sentence.
DENIALS = {
    "api": (403, "You do not have permission to access API"),
    "action": (200, "Sorry, but you do not have permissions to do this"),
    "plan": (200, "Purchased plan is not active. Please contact support team."),
    "subscription": (200, "No active subscription"),
}
# What a site says of a number that it refuses.
INVALID = "{0} is a invalid phone number"
CLOSED_REGION = "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {0}"
# Statuses in other words. The keys are those of the document.
STATUS_FORMS = {
    "queue": {"Accepted": "Queued", "Enroute": "Sent"},
    "smpp": {"Accepted": "Pending", "Enroute": "ENROUTE", "Delivered": "DELIVRD", "Undelivered": "UNDELIV"},
}
_FRENCH = {
    r"(.+) is a invalid phone number": r"\1 est un numéro de téléphone invalide",
    r"Permission to send an SMS has not been enabled for the region indicated by the 'To' number: (.+)": (
        r"L'envoi de SMS n'a pas été autorisé pour le pays du destinataire: \1"
    ),
    r"Invalid phone number: (.+)\.": r"Numéro de téléphone invalide: \1.",
    r"The (.+) field is required\.": r"Le champ \1 est obligatoire.",
    r"The selected (.+) is invalid\.": r"Le champ \1 sélectionné est invalide.",
    r"You have reached the sending limit of your plan\.": "Vous avez atteint la limite d'envoi de votre forfait.",
    r"You cannot send more than (\d+) SMS in a single request\.": (
        r"Vous ne pouvez pas envoyer plus de \1 SMS en une seule requête."
    ),
    r"Message not found\.": "Message introuvable.",
    r"Contact group not found\.": "Groupe de contacts introuvable.",
    r"Contact not found\.": "Contact introuvable.",
    r"Contact list not found\.": "Liste de contacts introuvable.",
    r"Campaign not found\.": "Campagne introuvable.",
    r"The requested resource was not found\.": "Ressource non trouvée.",
    r"The contact list is empty\.": "La liste de contacts est vide.",
    r"The name has already been taken\.": "Ce nom est déjà pris.",
    r"The sender id must be a number or up to 11 characters\.": "L'expéditeur n'est pas valide.",
    r"Sender ID (.+) is not authorized": r"L'expéditeur \1 n'est pas autorisé",
    r"The media url format is invalid\.": "Le format de l'adresse du média est invalide.",
    r"The schedule time .+": "La date d'envoi n'est pas valide.",
    r"The Accept header must be application/json\.": "L'en-tête Accept doit être application/json.",
    r"Your message was successfully accepted\.": "Votre message a été accepté.",
    r"You do not have permission to access API": "Vous n'avez pas la permission d'accéder à l'API",
    r"Sorry, but you do not have permissions to do this": "Désolé, mais vous n'avez pas les autorisations nécessaires",
    r"Purchased plan is not active\..*": "Le plan acheté n'est pas actif.",
    r"No active subscription": "Aucun abonnement actif",
    r"Too Many Attempts\.": "Trop de tentatives.",
    r"Something went wrong\. Please try again": "Quelque chose s'est mal passé. Veuillez réessayer",
}


def say(sentence: str, language: str) -> str:
    """Return a sentence in a site's language. Words of a carrier and of PHP are English everywhere."""
    if language != "fr":
        return sentence
    for english, french in _FRENCH.items():
        if match := re.fullmatch(english, sentence):
            return match.expand(french)
    return sentence
