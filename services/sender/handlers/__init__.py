"""How a sender works, from the envelope to its acknowledgement.

Nothing may be lost and nothing sent twice, whatever dies in between. The pieces, in the order a
command passes through them:

``claiming``    takes commands from the intake as call slots become free and claims them in the
                ledger, many in one statement. What the ledger does not give out is looked at once
                more and judged (``domain/verdicts.py``): published again, returned, put off. So is
                what it gave out too slowly: a gate may have closed meanwhile.
``calling``     makes the calls, each in its slot, and tells the breaker and the throttle how they
                went.
``recording``   writes the outcomes of all calls to the ledger, together, every few milliseconds.
``publishing``  publishes events, then retries, each confirmed; then settles the commands.
``custody``     knows which messages are between claim and settlement, so that a copy of a command
                never overtakes the one in hand, and acknowledges an envelope when its last
                command is settled.

Why that is safe. A call starts only under a lease that was written before it. Until an outcome is
recorded, the lease speaks: a crash leaves it to run out, and then the call is repeated with the
same id, or the message is ``unknown`` where the provider would not know the id again. From the
record on, the record speaks: whoever sees the command again publishes the same event once more.
The envelope is acknowledged last, so there is always somebody who sees the command again. Retries
are published only after the events, so a retry in the world proves that its event is, too.

An outcome is never dropped: while the database is away outcomes wait in memory, while the broker
is away recorded ones do, and as long as they wait no new calls begin.
"""
