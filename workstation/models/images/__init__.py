"""Images in the workstation: studies and series of a person, frames as they arrive, what is measured on them."""
