from organisation.models.access import AccessEntry
from organisation.models.among import Among
from organisation.models.calendar import SchoolDay, StatutoryDay, Term
from organisation.models.job import Job
from organisation.models.outbox import FactChange
from organisation.models.person import Person, Post
from organisation.models.regulation import Regulation
from organisation.models.seal import Seal, SealPoint, Tombstone
from organisation.models.unit import Unit

__all__ = [
    "AccessEntry",
    "Among",
    "FactChange",
    "Job",
    "Person",
    "Post",
    "Regulation",
    "SchoolDay",
    "Seal",
    "SealPoint",
    "StatutoryDay",
    "Term",
    "Tombstone",
    "Unit",
]
