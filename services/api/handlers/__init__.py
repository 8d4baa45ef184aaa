"""What the api does, one function per thing asked: decide by the domain, write, tell."""
