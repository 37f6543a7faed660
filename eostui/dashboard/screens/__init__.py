"""The dashboard's screens: `watch` draws a feed, `live` and `replay` add the keys that each kind of feed has."""
