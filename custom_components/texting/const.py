"""Names shared by the Home Assistant side."""

from typing import Final

DOMAIN: Final = "texting"

CONF_ACCOUNTS: Final = "accounts"
CONF_CONFIRM_WITHIN: Final = "confirm_within"
CONF_PROVIDER: Final = "provider"
CONF_NUMBERS: Final = "numbers"
CONF_QUIET_FROM: Final = "quiet_from"
CONF_QUIET_TO: Final = "quiet_to"
CONF_SENDER: Final = "sender"
CONF_TYPE: Final = "type"
CONF_ADVANCED: Final = "advanced"

OPTION_BALANCE_INTERVAL: Final = "balance_interval"
OPTION_DAILY_LIMIT: Final = "daily_limit"
OPTION_IF_UNSURE: Final = "if_unsure"
OPTION_INCOMING_INTERVAL: Final = "incoming_interval"
OPTION_KEEP_DAYS: Final = "keep_days"
OPTION_LOW_CREDIT: Final = "low_credit"
OPTION_REPLACE_CHARACTERS: Final = "replace_characters"
IF_UNSURE_LEAVE: Final = "leave"
IF_UNSURE_RESEND: Final = "resend"
IF_UNSURE: Final = (IF_UNSURE_LEAVE, IF_UNSURE_RESEND)
DEFAULT_BALANCE_INTERVAL: Final = 15
DEFAULT_DAILY_LIMIT: Final = 0
DEFAULT_IF_UNSURE: Final = IF_UNSURE_LEAVE
DEFAULT_INCOMING_INTERVAL: Final = 30
DEFAULT_KEEP_DAYS: Final = 30
DEFAULT_LOW_CREDIT: Final = 0

# What a route has in place of a provider.
ROUTE: Final = "route"

SUBENTRY_RECIPIENT: Final = "recipient"

ATTR_ACCOUNT: Final = "account"
ATTR_CHANNEL: Final = "channel"
ATTR_COMMERCIAL: Final = "commercial"
ATTR_EXPRESS: Final = "express"
ATTR_GENDER: Final = "gender"
ATTR_IF_UNSURE: Final = "if_unsure"
ATTR_LANGUAGE: Final = "language"
ATTR_MEDIA_URL: Final = "media_url"
ATTR_MESSAGE: Final = "message"
ATTR_MESSAGE_ID: Final = "message_id"
ATTR_REFERENCE: Final = "reference"
ATTR_SEND_AT: Final = "send_at"
ATTR_SENDER: Final = "sender"
ATTR_TEMPLATE_ID: Final = "template_id"
ATTR_TITLE: Final = "title"
ATTR_TO: Final = "to"
ATTR_TYPE: Final = "type"
ATTR_URGENT: Final = "urgent"
ATTR_VALID_FOR: Final = "valid_for"
