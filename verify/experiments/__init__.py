"""What training reaches beside what is proved: experiments as lists of jobs, each a row of a store."""
