"""SOQL: text to tokens, to a tree, to rows."""
