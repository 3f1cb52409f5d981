"""Pictures for reports, whatever the records of an audit leave open."""

import torch

from sparring.audit import AuditResult
from sparring.cli._pictures import audit_pictures
from sparring.data import load_data
from sparring.models import load_model


def test_samples_broken_by_evidence_have_no_class_to_show():
    """Evidence breaks samples without keeping what they became: they count, and no picture of them is shown."""
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    data = load_data("digits:test")
    model = load_model(net, input_shape=data.shape, classes=data.classes)
    attack = {"broken_by": "apgd", "becomes": 3, "confidence": 0.6, "distance": 0.1}
    evidence = {"broken_by": "queries", "becomes": None, "confidence": None, "distance": None}
    known = {"label": 1, "clean": 1, "clean_confidence": 0.9}
    samples = [{"index": 0, **known, **attack}, {"index": 1, **known, **evidence}]
    x = data.images([0])
    (picture,) = audit_pictures(AuditResult({}, samples, x, x, samples[:1], None), model, data)
    assert picture.after == ("3", 0.6)
