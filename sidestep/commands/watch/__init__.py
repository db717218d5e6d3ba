"""`sidestep watch`: executions, metrics and alarms of deployed databases, as they come."""
