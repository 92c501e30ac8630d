"""What a provider can do, as data: forms, entities, actions and documentation follow from it."""

from enum import StrEnum


class Capability(StrEnum):
    """One thing that a provider offers."""

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
    WEBHOOK_REPLY = "webhook_reply"
    CREDIT_PURCHASE = "credit_purchase"
    KEYWORD_SETUP = "keyword_setup"
    CARRIER_LOOKUP = "carrier_lookup"
    VOICE_BROADCAST = "voice_broadcast"
    CONTACTS = "contacts"
    CAMPAIGNS = "campaigns"
    MESSAGE_LIST = "message_list"
    PROFILE = "profile"


class MessageType(StrEnum):
    """The type of a message. The text decides whether an SMS is plain or unicode."""

    SMS = "sms"
    VOICE = "voice"
    MMS = "mms"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    OTP = "otp"


# The types that can have a picture or a video.
MEDIA_TYPES = frozenset({MessageType.MMS, MessageType.WHATSAPP, MessageType.VIBER})
