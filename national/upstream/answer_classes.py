"""The class of each code in İYS's document, tested against it: what follows for the movement. Unknown codes are
escalated."""

from __future__ import annotations

import re
from enum import Enum


class AnswerClass(Enum):
    """DONE: İYS has it, or has nothing to change. RETRY: later, unchanged. RECONCILE: İYS has something newer. BLOCKED:
    the account waits for a person. SLOWER: a limit. ESCALATE: a person looks at it."""

    DONE = "done"
    RETRY = "retry"
    RECONCILE = "reconcile"
    BLOCKED = "blocked"
    SLOWER = "slower"
    ESCALATE = "escalate"


HOUR_LIMITS = {"H084", "H086", "H089"}  # of tokens, of single queries, of histories

_TABLE = {
    # RET over RET; the first record cannot be a RET: İYS has nothing that it allows.
    AnswerClass.DONE: "H174 H175",
    # İYS's own failures, storage, search, time-outs (facts of integrators: worth retrying).
    AnswerClass.RETRY: """
        H015 H100 H101 H102 H103 H105 H106 H107 H123 H179 H181 H192 H412 H470 H476 H060 H061 H062
        H1001 H1002 H1003 H1004 H1007 H1017 H1058 H1068 H1075""",
    AnswerClass.RECONCILE: "H178",
    AnswerClass.SLOWER: "H083 H084 H086 H089 H124",
    # User, rights, contract, subscription: the same for every movement of the account.
    AnswerClass.BLOCKED: """
        H250 H251 H252 H351 H353 H355 H363 H176 H195 H196 H129 H245 H268 H266 H267 H520 H521 H522 H524 H586 H437
        H001 H018 H031""",
    AnswerClass.ESCALATE: """
        H014 H016 H017 H058 H067 H082 H085 H090 H091 H092 H093 H095 H097 H098
        H110 H111 H112 H113 H114 H115 H116 H117 H118 H119 H120 H121 H122 H125 H126 H127
        H155 H156 H157 H158 H160 H162 H163 H164 H166 H168 H169 H170 H171 H172 H173 H180
        H182 H183 H184 H185 H186 H187 H190 H191 H193 H194 H197 H198 H199
        H201 H214 H215 H216 H217 H218 H219 H220 H221 H222 H224 H225 H226 H227 H228 H229 H230 H231 H241 H243 H244
        H253 H288 H400 H401 H402 H403 H404 H405 H408 H450 H452 H453 H454 H455 H456 H459 H460 H462 H463 H464 H465 H467
        H478 H486 H501 H502 H506 H507 H512 H525 H530 H531 H568
        H1000 H1005 H1008 H1009 H1010 H1011 H1012 H1013 H1014 H1015 H1016 H1018 H1019 H1020 H1021 H1022 H1023 H1024
        H1025 H1026 H1027 H1028 H1029 H1030 H1031 H1032 H1033 H1034 H1035 H1036 H1037 H1038 H1039 H1040 H1041 H1042
        H1043 H1044 H1045 H1046 H1047 H1048 H1049 H1050 H1051 H1052 H1053 H1054 H1055 H1056 H1057 H1059 H1060 H1061
        H1062 H1063 H1064 H1065 H1066 H1067 H1069 H1070 H1072 H1073 H1074 H1076 H1077 H1079 H1080 H1081 H1082 H1083
        H1084 H1085 H1086 H1087 H1088 H1089 H1090 H1091 H1092 H1093 H1094 H1095 H1096 H1097 H1104 H1105 H1107 H1110
        H1111 H1112 H1113""",
}
CLASSES = {code: kind for kind, codes in _TABLE.items() for code in codes.split()}
CODE = re.compile(r"H\d{3,4}")


def classify(code: str) -> AnswerClass:
    return CLASSES.get(code, AnswerClass.ESCALATE)


def of_item(code: str, *, refuses: bool) -> AnswerClass:
    """Of one movement: only for a RET does a missing record (H175) leave nothing to change."""
    if code in ("H174", "H175") and not refuses:
        return AnswerClass.ESCALATE
    return classify(code)


def of_fault(status: int, code: str | None) -> AnswerClass:
    """Of a failed request, by its HTTP status where it names no known code."""
    if code in CLASSES:
        return CLASSES[code]
    if status == 429:
        return AnswerClass.SLOWER
    if status in (401, 403):
        return AnswerClass.BLOCKED
    return AnswerClass.ESCALATE if 400 <= status < 500 and status not in (404, 408) else AnswerClass.RETRY
