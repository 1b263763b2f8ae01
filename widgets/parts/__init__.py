"""The small components that every page is made of."""

from widgets.parts.bars import Bar, IntervalBar
from widgets.parts.buttons import Button, LinkButton, PrimaryButton, ToolButton
from widgets.parts.cards import Card, CardButton, DemoCard, ProjectCard
from widgets.parts.chip import Chip, Legend, Swatch
from widgets.parts.combo import LabelledCombo
from widgets.parts.dock import Dock
from widgets.parts.figure import FigureBlock
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyCap, KeyHints
from widgets.parts.notice import IssuePanel, Note, Notice, NoticeStack
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter
from widgets.parts.states import Band, EmptyState, SkeletonRows
from widgets.parts.status import StatusLine, StatusProgress, StatusText
from widgets.parts.text import ElidedText, Logo, Rule, Text, logo_icon

__all__ = [
    "Band",
    "Bar",
    "Button",
    "Card",
    "CardButton",
    "Chip",
    "DemoCard",
    "Dock",
    "ElidedText",
    "EmptyState",
    "FigureBlock",
    "IntervalBar",
    "IssuePanel",
    "KeyCap",
    "KeyHints",
    "LabelledCombo",
    "Legend",
    "LinkButton",
    "Logo",
    "Note",
    "Notice",
    "NoticeStack",
    "PageHead",
    "PaneHeader",
    "PrimaryButton",
    "ProjectCard",
    "Rule",
    "SegmentedButtons",
    "SkeletonRows",
    "Splitter",
    "StatusLine",
    "StatusProgress",
    "StatusText",
    "Swatch",
    "Text",
    "ToolButton",
    "logo_icon",
]
