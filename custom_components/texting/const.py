"""Names shared by the Home Assistant side."""

from typing import Final

DOMAIN: Final = "texting"

CONF_ACCOUNTS: Final = "accounts"
CONF_CONFIRM_WITHIN: Final = "confirm_within"
CONF_FIXED_REPLY: Final = "fixed_reply"
CONF_AUTOREPLY: Final = "autoreply"
CONF_USE_WEBHOOK: Final = "use_webhook"
CONF_EMAIL: Final = "email"
CONF_GROUP: Final = "group"
CONF_KEYWORD: Final = "keyword"
CONF_ALLOW_COMMANDS: Final = "allow_commands"
CONF_OPTED_OUT: Final = "opted_out"
CONF_GROUP_NAME: Final = "group_name"
CONF_PROVIDER: Final = "provider"
CONF_NUMBER: Final = "number"
CONF_NUMBERS: Final = "numbers"
CONF_ORIGINAL: Final = "original"
CONF_PERSON: Final = "person"
CONF_PIN: Final = "pin"
CONF_REMOVE_PIN: Final = "remove_pin"
CONF_QUIET_START: Final = "quiet_start"
CONF_QUIET_END: Final = "quiet_end"
CONF_SENDER: Final = "sender"
CONF_TYPE: Final = "type"
CONF_URGENT_AFTER_STOP: Final = "urgent_after_stop"
CONF_ADVANCED: Final = "advanced"


# The bus event behind each line of the logbook: a text came in, or a text ended.
EVENT_MESSAGE: Final = "texting_message"
# The bus event behind each line of an alert: it was raised, somebody took it, it is over.
EVENT_ALERT: Final = "texting_alert"
# The bus event of too many wrong PINs.
EVENT_COMMANDS_LOCKED: Final = "texting_commands_locked"

# A person opted out of the texts of an account, or opted in again.
EVENT_OPTED_OUT: Final = "texting_opted_out"
EVENT_OPTED_IN: Final = "texting_opted_in"

# Signals that are older are dropped, and older texts are no commands, in seconds.
MAX_EVENT_AGE: Final = 600.0

# The provider of a route's entry.
ROUTE: Final = "route"
# The provider of an alert's entry.
ALERT: Final = "alert"

# The domain of persons of Home Assistant.
PERSON: Final = "person"

SUBENTRY_RECIPIENT: Final = "recipient"
SUBENTRY_KEYWORD: Final = "keyword"

ATTR_ACCOUNT: Final = "account"
ATTR_AUTOREPLY: Final = "autoreply"
ATTR_CAUSE: Final = "cause"
ATTR_CALLER_ID: Final = "caller_id"
ATTR_CURSOR: Final = "cursor"
ATTR_CHANNEL: Final = "channel"
ATTR_COMMERCIAL: Final = "commercial"
ATTR_DIRECTION: Final = "direction"
ATTR_EMAIL: Final = "email"
ATTR_CAMPAIGN_ID: Final = "campaign_id"
ATTR_CONTACT: Final = "contact"
ATTR_END: Final = "end"
ATTR_EXPRESS: Final = "express"
ATTR_FIELDS: Final = "fields"
ATTR_GENDER: Final = "gender"
ATTR_GROUP: Final = "group"
ATTR_GROUPS: Final = "groups"
ATTR_IF_UNSURE: Final = "if_unsure"
ATTR_INCOMING_ID: Final = "incoming_id"
ATTR_KEYWORD: Final = "keyword"
ATTR_LANGUAGE: Final = "language"
ATTR_LIMIT: Final = "limit"
ATTR_MEDIA_URL: Final = "media_url"
ATTR_MESSAGE: Final = "message"
ATTR_MESSAGE_ID: Final = "message_id"
ATTR_MINUTES: Final = "minutes"
ATTR_NAME: Final = "name"
ATTR_NUMBER: Final = "number"
ATTR_RECIPIENT: Final = "recipient"
ATTR_REFERENCE: Final = "reference"
ATTR_SEND_AT: Final = "send_at"
ATTR_SENDER: Final = "sender"
ATTR_SOUND_FILE: Final = "sound_file"
ATTR_SOUND_URL: Final = "sound_url"
ATTR_START: Final = "start"
ATTR_STATUS: Final = "status"
ATTR_TEMPLATE_ID: Final = "template_id"
ATTR_TITLE: Final = "title"
ATTR_TO: Final = "to"
ATTR_TYPE: Final = "type"
ATTR_URGENT: Final = "urgent"
ATTR_URL: Final = "url"
ATTR_USE_WEBHOOK: Final = "use_webhook"
ATTR_VALID_FOR: Final = "valid_for"
ATTR_WAIT_FOR: Final = "wait_for"
ATTR_WAIT_LIMIT: Final = "wait_limit"
