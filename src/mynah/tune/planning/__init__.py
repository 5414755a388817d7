"""What `mynah plan` asks, one file a question: which base, what it is made of, what it takes, which machine."""
