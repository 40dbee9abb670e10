"""tmp"""
from tests.releases.hand import *
import time
def test_a(hand, outside):
    t=time.time()
    r = hand.passed()
    print("rel", time.time()-t)
    for s in r.ticket.steps.all():
        print(s, (s.finished_at-s.started_at).total_seconds(), s.visits)
