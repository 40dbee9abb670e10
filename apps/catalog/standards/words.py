"""The words of the standards in English and Chinese: a sentence that says what is wanted, and a reason why.

{name} stands for a threshold. Must not: say a number that is a threshold in digits.
"""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """Texts of one standard; the first sentence is the rule, the reason what happens without it."""

    sentence_en: str
    sentence_zh: str
    reason_en: str
    reason_zh: str


WORDS: dict[str, Words] = {
    "probes.readiness": Words(
        "The service has a readiness probe.",
        "服务必须配置就绪探针。",
        "Without one, callers are sent to a pod that has started but cannot answer yet, and a rollout counts as done too early.",
        "没有就绪探针，流量会进入已启动但还不能响应的 Pod，滚动更新也会过早视为完成。",
    ),
    "probes.liveness": Words(
        "The service has a liveness probe.",
        "服务必须配置存活探针。",
        "Without one, a process that hangs is never restarted; somebody has to notice it first.",
        "没有存活探针，进程卡死后不会自动重启，只能等人发现。",
    ),
    "probes.java_delay": Words(
        "Liveness begins no earlier than {seconds} s after the start, by its initial delay or by a start-up probe that allows as much.",
        "存活探针在启动 {seconds} 秒之后才开始：设置初始延迟，或使用总时长足够的启动探针。",
        "A JVM takes long to start. A liveness probe that begins earlier restarts it again and again before it is ready.",
        "JVM 启动较慢。存活探针开始过早，会在就绪之前反复重启容器。",
    ),
    "probes.one_strike": Words(
        "No probe has a time limit of 1 s together with one failure; {timeout} s and {failures} failures are usual.",
        "探针不得同时使用 1 秒超时和 1 次失败阈值；通常为 {timeout} 秒、{failures} 次。",
        "One answer delayed by garbage collection or a busy node is enough to restart a healthy pod or to take it out of service.",
        "一次垃圾回收或节点繁忙造成的延迟，就足以让健康的 Pod 被重启或摘除流量。",
    ),
    "probes.timeout_below_period": Words(
        "A probe's time limit is below its period.",
        "探针的超时时间必须小于探测间隔。",
        "Otherwise one probe still waits when the next is due, and failures are noticed later than the numbers say.",
        "否则上一次探测还没有结束就到了下一次，故障发现得比设置的更晚。",
    ),
    "shutdown.sleep": Words(
        "Between leaving the registry and its end the container waits at least {seconds} s.",
        "从注册中心注销到容器停止，至少等待 {seconds} 秒。",
        "Callers read the registry every 5 s. Twice that time lets each of them forget the pod before it stops answering.",
        "调用方每 5 秒读取一次注册中心。等待两个周期，可以保证所有调用方在 Pod 停止响应之前不再调用它。",
    ),
    "shutdown.grace": Words(
        "The grace period is at least {above} s above the wait before the end.",
        "优雅停止时间比停止前的等待时间至少多 {above} 秒。",
        "When the grace period is over Kubernetes kills the process. One that is still waiting, or has just begun to stop, loses requests.",
        "优雅停止时间一到，Kubernetes 就会强制结束进程，正在等待或刚开始停止的进程会丢失请求。",
    ),
    "replicas.least": Words(
        "At least {replicas} replicas run; with an autoscaler its minimum counts.",
        "至少运行 {replicas} 个副本；启用自动伸缩时以其最小值为准。",
        "One replica may be on a node that fails while another is being replaced; the service still answers.",
        "即使一个副本所在节点故障、另一个正在更新，服务仍然可以响应。",
    ),
    "autoscaling.range": Words(
        "The autoscaler's maximum is above its minimum, and the number of replicas lies between them.",
        "自动伸缩的最大值大于最小值，副本数在两者之间。",
        "With minimum and maximum alike nothing is ever scaled, and a number outside is changed the moment the autoscaler looks.",
        "最小值与最大值相同时不会伸缩；副本数超出范围时，自动伸缩会立即改掉它。",
    ),
    "autoscaling.java_memory": Words(
        "The autoscaler has no memory target for Java.",
        "Java 服务的自动伸缩不使用内存目标。",
        "A JVM keeps the heap it once took. Replicas would be added at the first peak and never taken away again.",
        "JVM 占用的堆内存不会归还，第一次高峰扩容之后副本数不会再降下来。",
    ),
    "resources.best_effort": Words(
        "CPU and memory have a request.",
        "CPU 和内存都设置请求值。",
        "Without requests the pod is placed on any node, however full, and is the first to be evicted when memory runs short.",
        "没有请求值的 Pod 会被调度到任意节点，不论节点是否已满；内存不足时最先被驱逐。",
    ),
    "resources.request_below_limit": Words(
        "No request is above its limit.",
        "请求值不得大于上限。",
        "Kubernetes refuses such a container, and nothing would be rolled out.",
        "Kubernetes 会拒绝这样的容器，无法完成滚动更新。",
    ),
    "resources.by_importance": Words(
        "Platform and important: request and limit are alike. Ordinary: the limit is at most {cpu} times the CPU request and {memory} times the memory request.",
        "平台级和重要服务：请求值与上限相同。普通服务：上限不超过 CPU 请求值的 {cpu} 倍、内存请求值的 {memory} 倍。",
        "What others depend on gets what it was promised, even on a full node. What is ordinary shares, but not so much that a node promises what it does not have.",
        "被依赖的服务即使在节点繁忙时也能得到承诺的资源；普通服务可以共享资源，但节点不能过度超卖。",
    ),
    "java.heap": Words(
        "The heap leaves at least {beside} MiB of the memory limit free.",
        "堆内存与内存上限之间至少留出 {beside} MiB。",
        "Threads, code and buffers lie beside the heap. Without room for them the container is killed for lack of memory although the heap is not full.",
        "线程、代码和缓冲区在堆之外占用内存。没有余量时，堆还没有用满，容器就会因内存不足被终止。",
    ),
    "java.gc_threads": Words(
        "There are as many garbage collection threads as whole cores in the CPU limit.",
        "垃圾回收线程数等于 CPU 上限的整数核数。",
        "More threads than cores are throttled together, so every pause takes longer; fewer leave cores idle during a pause.",
        "线程多于核数会一起被限流，停顿时间更长；线程少于核数则停顿期间有核闲置。",
    ),
    "logs.stdout": Words(
        "The log path is empty or stdout.",
        "日志路径为空或 stdout。",
        "What is written into a file of the container is not found by the log search, and is gone with the pod.",
        "写入容器文件的日志无法在日志平台检索，并会随 Pod 一起消失。",
    ),
    "time_zone.set": Words(
        "The time zone is the company's.",
        "时区设置为公司时区。",
        "Times in logs, reports and scheduled work otherwise differ by hours from those of all other services.",
        "否则日志、报表和定时任务的时间会与其他服务相差数小时。",
    ),
    "image.tag": Words(
        "The image has a digest, or a tag other than “latest”.",
        "镜像使用摘要，或 latest 以外的标签。",
        "“latest” may be another image tomorrow: pods of one rollout would differ, and nobody could roll back to what ran.",
        "latest 明天可能是另一个镜像：同一次滚动更新的 Pod 可能不同，也无法回滚到之前运行的版本。",
    ),
}
