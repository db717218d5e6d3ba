"""`sidestep watch`: shows executions, alarms and metrics of deployed databases as they change."""
