"""Broken twins: for every claim a construction that just misses it, and where it is caught.

A checker is only worth its verdicts if it refutes these. Each twin is a builder like the
genuine one; ``BROKEN_TWINS`` says which claim it breaks, and gives an instance on which
the genuine construction keeps the claim and the twin does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.box_bumps import count_box_bumps, memorize_with_box_bumps
from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
from constructions.memorizers.literals import memorize_with_literals
from constructions.memorizers.paper import memorize_by_the_papers_route
from verify.testing import broken_memorizers as broken
from verify.testing.broken_memorizers import (
    box_bump_dropped,
    box_bump_dropped_by_order,
    box_every_other_call,
    box_extra_layer,
    box_for_positive_data,
    box_from_cones,
    box_larger_class,
    box_last_axis_skipped,
    box_missing_face,
    box_one_step_short,
    box_output_bias_missing,
    box_ramp_too_flat,
    box_sign_always_plus,
    box_steep_for_the_unit_cube,
    box_touching_allowed,
    l1_cone_too_low,
    l1_from_boxes,
    l1_negative_part_missing,
    l1_one_step_short,
    literals_last_dropped,
    literals_merged_too_far,
    literals_slope_halved,
    literals_touching_counts,
    paper_coordinate_forgotten,
    paper_sum_for_maximum,
    paper_trapezoid_ends_at_radius,
)
from verify.testing.claim_checks import Builder
