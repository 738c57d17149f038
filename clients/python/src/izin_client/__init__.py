"""Client of the API of İzin, which is İYS's: tokens, consents, lists with their results, changes, push."""

from izin_client.client import ChangePage, ItemResult, Izin, ListRequest, Rejected, SentList, turkish_time
from izin_client.errors import ApiError, Fault, TooManyRequests, Unauthorized
from izin_client.tokens import FileTokens, MemoryTokens, TokenPair, TokenStore
from izin_client.webhooks import BadPush, movements, verify_basic, verify_signature

__all__ = [
    "ApiError",
    "BadPush",
    "ChangePage",
    "Fault",
    "FileTokens",
    "ItemResult",
    "Izin",
    "ListRequest",
    "MemoryTokens",
    "Rejected",
    "SentList",
    "TokenPair",
    "TokenStore",
    "TooManyRequests",
    "Unauthorized",
    "movements",
    "turkish_time",
    "verify_basic",
    "verify_signature",
]
