"""Names shared by the Home Assistant side."""

from typing import Final

DOMAIN: Final = "texting"

CONF_ACCOUNTS: Final = "accounts"
CONF_CONFIRM_WITHIN: Final = "confirm_within"
CONF_ANSWER: Final = "answer"
CONF_AUTOREPLY: Final = "autoreply"
CONF_CALL_HOME: Final = "call_home"
CONF_EMAIL: Final = "email"
CONF_GROUP: Final = "group"
CONF_KEYWORD: Final = "keyword"
CONF_MAY_COMMAND: Final = "may_command"
CONF_OPTED_OUT: Final = "opted_out"
CONF_GROUP_NAME: Final = "group_name"
CONF_PROVIDER: Final = "provider"
CONF_NUMBERS: Final = "numbers"
CONF_PIN: Final = "pin"
CONF_REMOVE_PIN: Final = "remove_pin"
CONF_QUIET_FROM: Final = "quiet_from"
CONF_QUIET_TO: Final = "quiet_to"
CONF_SENDER: Final = "sender"
CONF_TYPE: Final = "type"
CONF_ADVANCED: Final = "advanced"

OPTION_ADD_STOP_MENTION: Final = "add_stop_mention"
OPTION_AGENT: Final = "conversation_agent"
OPTION_BALANCE_INTERVAL: Final = "balance_interval"
OPTION_DAILY_LIMIT: Final = "daily_limit"
OPTION_IF_UNSURE: Final = "if_unsure"
OPTION_INCOMING_INTERVAL: Final = "incoming_interval"
OPTION_KEEP_DAYS: Final = "keep_days"
OPTION_LOG_TEXTS: Final = "log_texts"
OPTION_LOW_CREDIT: Final = "low_credit"
OPTION_REPLACE_CHARACTERS: Final = "replace_characters"
OPTION_REPLY_WITHIN: Final = "reply_within"
IF_UNSURE_LEAVE: Final = "leave"
IF_UNSURE_RESEND: Final = "resend"
IF_UNSURE: Final = (IF_UNSURE_LEAVE, IF_UNSURE_RESEND)
DEFAULT_BALANCE_INTERVAL: Final = 15
DEFAULT_DAILY_LIMIT: Final = 0
DEFAULT_IF_UNSURE: Final = IF_UNSURE_LEAVE
DEFAULT_INCOMING_INTERVAL: Final = 30
DEFAULT_KEEP_DAYS: Final = 30
DEFAULT_LOW_CREDIT: Final = 0
DEFAULT_REPLY_WITHIN: Final = 0
# A provider gives its request up after 60 seconds.
LONGEST_REPLY_WITHIN: Final = 45

# Fired for each text that came in and each that ended, for the logbook.
EVENT_MESSAGE: Final = "texting_message"

# What is told later than this is not done any more, in seconds.
NEWS_FOR: Final = 600.0

# What a route has in place of a provider.
ROUTE: Final = "route"

SUBENTRY_RECIPIENT: Final = "recipient"
SUBENTRY_KEYWORD: Final = "keyword"

ATTR_ACCOUNT: Final = "account"
ATTR_AUTOREPLY: Final = "autoreply"
ATTR_CALLER_ID: Final = "caller_id"
ATTR_CHANNEL: Final = "channel"
ATTR_COMMERCIAL: Final = "commercial"
ATTR_EMAIL: Final = "email"
ATTR_CAMPAIGN_ID: Final = "campaign_id"
ATTR_CONTACT: Final = "contact"
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
ATTR_NAME: Final = "name"
ATTR_NUMBER: Final = "number"
ATTR_RECIPIENT: Final = "recipient"
ATTR_REFERENCE: Final = "reference"
ATTR_SEND_AT: Final = "send_at"
ATTR_SENDER: Final = "sender"
ATTR_SOUND_FILE: Final = "sound_file"
ATTR_SOUND_URL: Final = "sound_url"
ATTR_TEMPLATE_ID: Final = "template_id"
ATTR_TITLE: Final = "title"
ATTR_TO: Final = "to"
ATTR_TYPE: Final = "type"
ATTR_URGENT: Final = "urgent"
ATTR_URL: Final = "url"
ATTR_USE_WEBHOOK: Final = "use_webhook"
ATTR_VALID_FOR: Final = "valid_for"
