"""Why a model gave its class: a pane below the viewers."""
