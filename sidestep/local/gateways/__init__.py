"""What stands where RDS would, in front of a real server that knows no IAM tokens: one gateway for each engine."""
