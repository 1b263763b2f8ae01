"""The prediction service: a run of a project answers over HTTP. What it says of the web stands here alone."""
