"""The shared mapping layer: native values of both CRMs <-> canonical values, and the rules over them."""
