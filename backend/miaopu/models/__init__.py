"""The documents of Miaopu: the one truth from which schemas, types and validators are generated.

`DOCUMENTS` maps each database kind to the document types that it may hold. `miaopu generate`
writes from it the JSON Schemas, the TypeScript types of the PWA and the structural half of
`validate_doc_update`; a test fails when those files are stale.
"""

from miaopu.models.audit import Audit
from miaopu.models.base import Document
from miaopu.models.batch import Batch
from miaopu.models.catalog import Dictionary, Region, ScheduleDocument, Site
from miaopu.models.child import Child
from miaopu.models.holidays import Holidays
from miaopu.models.knowledge import Article, Department
from miaopu.models.layer import LayerDocument
from miaopu.models.rating import Ratings
from miaopu.models.reminders import Reminder
from miaopu.models.site import Device, NumberBlock, Problem, Settings
from miaopu.models.stock import StockMove

DOCUMENTS: dict[str, tuple[type[Document], ...]] = {
    "site": (Child, StockMove, Device, NumberBlock, Problem, Reminder, Settings, Batch, Ratings),
    "region": (Child, StockMove, Device, NumberBlock, Problem, Reminder, Settings, Batch, Ratings),
    "catalog": (
        Site,
        Region,
        ScheduleDocument,
        LayerDocument,
        Dictionary,
        Holidays,
        Article,
        Department,
    ),
    "audit": (Audit,),
}

__all__ = [
    "DOCUMENTS",
    "Article",
    "Audit",
    "Batch",
    "Child",
    "Department",
    "Device",
    "Dictionary",
    "Document",
    "Holidays",
    "LayerDocument",
    "NumberBlock",
    "Problem",
    "Ratings",
    "Region",
    "Reminder",
    "ScheduleDocument",
    "Settings",
    "Site",
    "StockMove",
]
