"""Every setting once: ``load()`` reads them from the environment."""

from settings.settings import IYS_SANDBOX as IYS_SANDBOX
from settings.settings import Refused as Refused
from settings.settings import Settings as Settings
from settings.settings import load as load
