"""The world around the two CRMs: a believable start, and people who go on living in it."""

from crmsync.simulator.world.edits import Edit, humans
from crmsync.simulator.world.habits import Habits
from crmsync.simulator.world.life import ACTS, Life
from crmsync.simulator.world.peopled import Peopled
from crmsync.simulator.world.populating import REPS, STORY_FIRM, Story, World, populate

__all__ = [
    "ACTS",
    "REPS",
    "STORY_FIRM",
    "Edit",
    "Habits",
    "Life",
    "Peopled",
    "Story",
    "World",
    "humans",
    "populate",
]
