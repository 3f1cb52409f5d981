"""Audit: one figure for a classifier under a threat, with its interval and its evidence."""

from sparring.audit._audit import AuditResult, audit
from sparring.audit._folder import chunks_done

__all__ = ["AuditResult", "audit", "chunks_done"]
