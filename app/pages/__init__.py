"""The pages of the window. A domain's own page is one more entry here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pages.page import Page
    from app.window import Window
    from models.domain import Domain


@dataclass(frozen=True)
class PageEntry:
    """How a page is found: its module is imported when it is first shown.

    tab: stands in the top bar. offer: what a domain must have for it, an attribute of its record; "" for all.
    """

    name: str
    title: str
    place: str
    tab: bool = False
    key: str = ""
    needs_project: bool = True
    offer: str = ""

    def fits(self, domain: Domain | None) -> bool:
        """Whether a domain offers what the page shows."""
        return not self.offer or (domain is not None and bool(getattr(domain, self.offer)))

    def title_in(self, domain: Domain | None) -> str:
        """What it is called in a domain: by the domain's own word for it, where its offer is one."""
        offered = getattr(domain, self.offer) if self.offer and domain is not None else ""
        return offered if isinstance(offered, str) and offered else self.title

    def make(self, window: Window) -> Page:
        """Import the module and make the page."""
        module, _, kind = self.place.partition(":")
        page: Page = getattr(importlib.import_module(module), kind)(window)
        return page


PAGES = (
    PageEntry("curate", "Curate", "app.pages.curate:CuratePage", True, "Ctrl+1"),
    PageEntry("map", "Map", "app.pages.map:MapPage", True, "Ctrl+2"),
    PageEntry("train", "Train", "app.pages.train:TrainPage", True, "Ctrl+3"),
    PageEntry("results", "Results", "app.pages.results:ResultsPage", True, "Ctrl+4"),
    PageEntry("data", "Data", "app.pages.data:DataPage", True, "Ctrl+5"),
    PageEntry("rules", "Rules", "app.pages.rules:RulesPage", True, "Ctrl+6", offer="measured"),
    PageEntry("agreement", "Agreement", "app.pages.agreement:AgreementPage", True, "Ctrl+7"),
    PageEntry("rapid", "Rapid", "app.pages.rapid:RapidPage", True, "Ctrl+R", offer="follows"),
    PageEntry("external", "External", "app.pages.external:ExternalPage", True, "Ctrl+8", offer="external"),
    PageEntry("dashboard", "Dashboard", "app.pages.dashboard:DashboardPage", True, "Ctrl+9", offer="watch"),
    PageEntry("groups", "Groups", "app.pages.groups:GroupsPage", True, "Ctrl+G", offer="together"),
    PageEntry("doctor", "Model doctor", "app.pages.doctor:DoctorPage", offer="doctor"),
    PageEntry("import", "Import", "app.pages.importing:ImportPage"),
    PageEntry("start", "Start", "app.pages.start:StartPage", needs_project=False),
    PageEntry("settings", "Settings", "app.pages.settings:SettingsPage", needs_project=False),
    PageEntry("keys", "Keys", "app.pages.keys:KeysPage", needs_project=False),
)
