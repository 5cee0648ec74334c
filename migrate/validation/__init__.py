"""Phase 5's checks: run what the plan asks for, and judge what comes of it."""
