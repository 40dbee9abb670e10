"""What controllers and kubelets share: the work queue, one timer, events and helpers on plain objects.

Must not: import controllers, kubelet or the API.
"""
