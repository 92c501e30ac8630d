"""What a provider can do, as data: forms, entities, actions and documentation follow from it."""

from enum import StrEnum


class Capability(StrEnum):
    """One thing a provider offers."""

    BATCH = "batch"
    BALANCE = "balance"
    STATUS = "status"
    DELIVERY_REPORTS = "delivery_reports"
    INCOMING_PUSH = "incoming_push"
    INCOMING_POLL = "incoming_poll"
    KEYWORDS = "keywords"
    LOST_ANSWERS = "lost_answers"
    FREE_TEST = "free_test"
    TITLE = "title"
    SENDER = "sender"
    SCHEDULE = "schedule"
    COMMERCIAL = "commercial"
    EXPRESS = "express"
    TEMPLATES = "templates"
    SENDER_LIST = "sender_list"
    CHANNEL = "channel"
    REPLACE_CHARACTERS = "replace_characters"


class MessageType(StrEnum):
    """What kind of message; sms chooses plain or unicode by the text."""

    SMS = "sms"
    VOICE = "voice"
    MMS = "mms"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    OTP = "otp"
