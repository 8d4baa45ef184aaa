"""What the API answers, typed. A field that is unknown here is passed over, so that a newer server
is understood; a word of an enumeration that is unknown here stays as it is."""
