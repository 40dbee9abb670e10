"""The fields of the served kinds, in a compact notation read by `schema`.

`name:type` — types: `str int bool any quantity intstr time`, a struct by its name, `{T}` map, `[T]` list replaced whole,
`[T]@a,b` list of items known by keys a and b, `[T]#` set of scalars. `!` after a field: there even when empty (Go
structs without a pointer), so that a writer never owns it itself. `-` before a struct's text: replaced whole by an
apply. Must not: hold code.
"""

from __future__ import annotations

TYPES: dict[str, str] = {
    # -- metadata
    "ObjectMeta": """name:str generateName:str namespace:str selfLink:str uid:str resourceVersion:str generation:int
        creationTimestamp:time deletionTimestamp:time deletionGracePeriodSeconds:int labels:{str} annotations:{str}
        ownerReferences:[OwnerReference]@uid finalizers:[str]# managedFields:[any]""",
    "OwnerReference": "- apiVersion:str kind:str name:str uid:str controller:bool blockOwnerDeletion:bool",
    "LabelSelector": "- matchLabels:{str} matchExpressions:[Requirement]",
    "Requirement": "key:str operator:str values:[str]",
    "LocalObjectReference": "- name:str",
    "ObjectReference": """- kind:str namespace:str name:str uid:str apiVersion:str resourceVersion:str
        fieldPath:str""",
    "Condition": """type:str status:str observedGeneration:int lastProbeTime:time lastTransitionTime:time
        lastUpdateTime:time lastHeartbeatTime:time reason:str message:str""",
    # -- pods
    "Pod": "metadata:ObjectMeta! spec:PodSpec! status:PodStatus!",
    "PodTemplateSpec": "metadata:ObjectMeta! spec:PodSpec!",
    "PodSpec": """activeDeadlineSeconds:int affinity:Affinity automountServiceAccountToken:bool
        containers:[Container]@name! dnsConfig:any dnsPolicy:str enableServiceLinks:bool
        ephemeralContainers:[Container]@name hostAliases:[HostAlias]@ip hostIPC:bool hostNetwork:bool hostPID:bool
        hostUsers:bool hostname:str imagePullSecrets:[LocalObjectReference]@name initContainers:[Container]@name
        nodeName:str nodeSelector:{str} os:any overhead:{quantity} preemptionPolicy:str priority:int
        priorityClassName:str readinessGates:[any] resourceClaims:[any]@name resources:any restartPolicy:str
        runtimeClassName:str schedulerName:str schedulingGates:[any]@name securityContext:PodSecurityContext
        serviceAccount:str serviceAccountName:str setHostnameAsFQDN:bool shareProcessNamespace:bool subdomain:str
        terminationGracePeriodSeconds:int tolerations:[Toleration]
        topologySpreadConstraints:[Spread]@topologyKey,whenUnsatisfiable volumes:[Volume]@name""",
    "Affinity": "nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity",
    "NodeAffinity": """requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
        preferredDuringSchedulingIgnoredDuringExecution:[PreferredNodes]""",
    "NodeSelector": "- nodeSelectorTerms:[NodeTerm]",
    "NodeTerm": "- matchExpressions:[Requirement] matchFields:[Requirement]",
    "PreferredNodes": "weight:int preference:NodeTerm",
    "PodAffinity": """requiredDuringSchedulingIgnoredDuringExecution:[PodTerm]
        preferredDuringSchedulingIgnoredDuringExecution:[WeightedPods]""",
    "PodTerm": """labelSelector:LabelSelector namespaces:[str] topologyKey:str namespaceSelector:LabelSelector
        matchLabelKeys:[str] mismatchLabelKeys:[str]""",
    "WeightedPods": "weight:int podAffinityTerm:PodTerm",
    "HostAlias": "ip:str hostnames:[str]",
    "Toleration": "key:str operator:str value:str effect:str tolerationSeconds:int",
    "Spread": """maxSkew:int topologyKey:str whenUnsatisfiable:str labelSelector:LabelSelector minDomains:int
        nodeAffinityPolicy:str nodeTaintsPolicy:str matchLabelKeys:[str]""",
    "PodSecurityContext": """seLinuxOptions:any windowsOptions:any runAsUser:int runAsGroup:int runAsNonRoot:bool
        supplementalGroups:[int] supplementalGroupsPolicy:str fsGroup:int sysctls:[any] fsGroupChangePolicy:str
        seccompProfile:any appArmorProfile:any seLinuxChangePolicy:str""",
    "Container": """name:str image:str command:[str] args:[str] workingDir:str
        ports:[ContainerPort]@containerPort,protocol envFrom:[EnvFrom] env:[EnvVar]@name
        resources:Resources! resizePolicy:[any] restartPolicy:str volumeMounts:[VolumeMount]@mountPath
        volumeDevices:[any]@devicePath livenessProbe:Probe readinessProbe:Probe startupProbe:Probe
        lifecycle:Lifecycle terminationMessagePath:str terminationMessagePolicy:str imagePullPolicy:str
        securityContext:any stdin:bool stdinOnce:bool tty:bool targetContainerName:str""",
    "ContainerPort": "name:str hostPort:int containerPort:int protocol:str hostIP:str",
    "EnvVar": "name:str value:str valueFrom:EnvVarSource",
    "EnvVarSource": """fieldRef:FieldRef resourceFieldRef:ResourceFieldRef configMapKeyRef:KeyRef
        secretKeyRef:KeyRef""",
    "FieldRef": "- apiVersion:str fieldPath:str",
    "ResourceFieldRef": "- containerName:str resource:str divisor:quantity",
    "KeyRef": "- name:str key:str optional:bool",
    "EnvFrom": "prefix:str configMapRef:EnvRef secretRef:EnvRef",
    "EnvRef": "name:str optional:bool",
    "Resources": "limits:{quantity} requests:{quantity} claims:[any]@name",
    "VolumeMount": """name:str readOnly:bool recursiveReadOnly:str mountPath:str subPath:str mountPropagation:str
        subPathExpr:str""",
    "Probe": """exec:Exec httpGet:HttpGet tcpSocket:TcpSocket grpc:any initialDelaySeconds:int timeoutSeconds:int
        periodSeconds:int successThreshold:int failureThreshold:int terminationGracePeriodSeconds:int""",
    "Exec": "command:[str]",
    "HttpGet": "path:str port:intstr host:str scheme:str httpHeaders:[Header]",
    "Header": "name:str value:str",
    "TcpSocket": "port:intstr host:str",
    "Lifecycle": "postStart:Handler preStop:Handler stopSignal:str",
    "Handler": "exec:Exec httpGet:HttpGet tcpSocket:TcpSocket sleep:Sleep",
    "Sleep": "seconds:int",
    "Volume": """name:str configMap:ConfigMapVolume secret:SecretVolume emptyDir:EmptyDir hostPath:HostPath
        persistentVolumeClaim:ClaimVolume projected:any downwardAPI:any nfs:any csi:any ephemeral:any iscsi:any
        cephfs:any rbd:any glusterfs:any fc:any image:any""",
    "ConfigMapVolume": "name:str items:[KeyToPath] defaultMode:int optional:bool",
    "SecretVolume": "secretName:str items:[KeyToPath] defaultMode:int optional:bool",
    "KeyToPath": "key:str path:str mode:int",
    "EmptyDir": "medium:str sizeLimit:quantity",
    "HostPath": "path:str type:str",
    "ClaimVolume": "claimName:str readOnly:bool",
    "PodStatus": """observedGeneration:int phase:str conditions:[Condition]@type message:str reason:str
        nominatedNodeName:str hostIP:str hostIPs:[any] podIP:str podIPs:[any]@ip startTime:time
        initContainerStatuses:[any] containerStatuses:[any] qosClass:str ephemeralContainerStatuses:[any] resize:str
        resourceClaimStatuses:[any]""",
    # -- apps
    "Deployment": "metadata:ObjectMeta! spec:DeploymentSpec! status:DeploymentStatus!",
    "DeploymentSpec": """replicas:int selector:LabelSelector template:PodTemplateSpec! strategy:DeploymentStrategy!
        minReadySeconds:int revisionHistoryLimit:int paused:bool progressDeadlineSeconds:int""",
    "DeploymentStrategy": "type:str rollingUpdate:RollingUpdate",
    "RollingUpdate": "maxUnavailable:intstr maxSurge:intstr",
    "DeploymentStatus": """observedGeneration:int replicas:int updatedReplicas:int readyReplicas:int
        availableReplicas:int unavailableReplicas:int terminatingReplicas:int conditions:[Condition]@type
        collisionCount:int""",
    "ReplicaSet": "metadata:ObjectMeta! spec:ReplicaSetSpec! status:ReplicaSetStatus!",
    "ReplicaSetSpec": "replicas:int minReadySeconds:int selector:LabelSelector template:PodTemplateSpec!",
    "ReplicaSetStatus": """replicas:int fullyLabeledReplicas:int readyReplicas:int availableReplicas:int
        terminatingReplicas:int observedGeneration:int conditions:[Condition]@type""",
    "StatefulSet": "metadata:ObjectMeta! spec:StatefulSetSpec! status:any!",
    "StatefulSetSpec": """replicas:int selector:LabelSelector template:PodTemplateSpec! volumeClaimTemplates:[any]
        serviceName:str! podManagementPolicy:str updateStrategy:SetStrategy! revisionHistoryLimit:int
        minReadySeconds:int persistentVolumeClaimRetentionPolicy:ClaimRetention ordinals:Ordinals""",
    "SetStrategy": "type:str rollingUpdate:SetRolling",
    "SetRolling": "partition:int maxUnavailable:intstr maxSurge:intstr",
    "ClaimRetention": "whenDeleted:str whenScaled:str",
    "Ordinals": "start:int",
    "DaemonSet": "metadata:ObjectMeta! spec:DaemonSetSpec! status:any!",
    "DaemonSetSpec": """selector:LabelSelector template:PodTemplateSpec! updateStrategy:SetStrategy!
        minReadySeconds:int revisionHistoryLimit:int""",
    "Scale": "metadata:ObjectMeta! spec:ScaleSpec! status:any!",
    "ScaleSpec": "replicas:int",
    # -- core
    "ConfigMap": "metadata:ObjectMeta! immutable:bool data:{str} binaryData:{str}",
    "Secret": "metadata:ObjectMeta! immutable:bool data:{str} stringData:{str} type:str",
    "Namespace": "metadata:ObjectMeta! spec:NamespaceSpec! status:NamespaceStatus!",
    "NamespaceSpec": "finalizers:[str]",
    "NamespaceStatus": "phase:str conditions:[Condition]@type",
    "Node": "metadata:ObjectMeta! spec:NodeSpec! status:any!",
    "NodeSpec": """podCIDR:str podCIDRs:[str]# providerID:str unschedulable:bool taints:[Taint] externalID:str
        configSource:any""",
    "Taint": "key:str value:str effect:str timeAdded:time",
    "Service": "metadata:ObjectMeta! spec:ServiceSpec! status:ServiceStatus!",
    "ServiceSpec": """ports:[ServicePort]@port,protocol selector:{str} clusterIP:str clusterIPs:[str] type:str
        externalIPs:[str] sessionAffinity:str loadBalancerIP:str loadBalancerSourceRanges:[str] externalName:str
        externalTrafficPolicy:str healthCheckNodePort:int publishNotReadyAddresses:bool sessionAffinityConfig:any
        ipFamilies:[str] ipFamilyPolicy:str allocateLoadBalancerNodePorts:bool loadBalancerClass:str
        internalTrafficPolicy:str trafficDistribution:str""",
    "ServicePort": "name:str protocol:str appProtocol:str port:int targetPort:intstr nodePort:int",
    "ServiceStatus": "loadBalancer:any! conditions:[Condition]@type",
    "ServiceAccount": """metadata:ObjectMeta! secrets:[ObjectReference]@name
        imagePullSecrets:[LocalObjectReference] automountServiceAccountToken:bool""",
    "Endpoints": "metadata:ObjectMeta! subsets:[any]",
    "LimitRange": "metadata:ObjectMeta! spec:any!",
    "ResourceQuota": "metadata:ObjectMeta! spec:QuotaSpec! status:QuotaStatus!",
    "QuotaSpec": "hard:{quantity} scopeSelector:any scopes:[str]",
    "QuotaStatus": "hard:{quantity} used:{quantity}",
    "PersistentVolumeClaim": "metadata:ObjectMeta! spec:ClaimSpec! status:any!",
    "ClaimSpec": """accessModes:[str] selector:LabelSelector resources:VolumeResources! volumeName:str
        storageClassName:str volumeMode:str dataSource:any dataSourceRef:any volumeAttributesClassName:str""",
    "VolumeResources": "limits:{quantity} requests:{quantity}",
    "Event": """metadata:ObjectMeta! involvedObject:ObjectReference reason:str message:str source:any
        firstTimestamp:time lastTimestamp:time count:int type:str eventTime:time series:any action:str
        related:ObjectReference reportingComponent:str reportingInstance:str regarding:ObjectReference note:str
        reportingController:str deprecatedSource:any deprecatedFirstTimestamp:time deprecatedLastTimestamp:time
        deprecatedCount:int""",
    # -- the rest
    "HorizontalPodAutoscaler": "metadata:ObjectMeta! spec:HpaSpec! status:any!",
    "HpaSpec": """scaleTargetRef:TargetRef! minReplicas:int maxReplicas:int metrics:[Metric] behavior:HpaBehavior""",
    "Metric": """type:str resource:ResourceMetric containerResource:ResourceMetric pods:PodsMetric object:any
        external:any""",
    "ResourceMetric": "name:str container:str target:MetricTarget",
    "PodsMetric": "metric:any target:MetricTarget",
    "MetricTarget": "type:str value:quantity averageValue:quantity averageUtilization:int",
    "HpaBehavior": "scaleUp:HpaRules scaleDown:HpaRules",
    "HpaRules": "stabilizationWindowSeconds:int selectPolicy:str policies:[HpaPolicy] tolerance:quantity",
    "HpaPolicy": "type:str value:int periodSeconds:int",
    "TargetRef": "- kind:str name:str apiVersion:str",
    "Job": "metadata:ObjectMeta! spec:JobSpec! status:JobStatus!",
    "JobSpec": """parallelism:int completions:int activeDeadlineSeconds:int podFailurePolicy:any successPolicy:any
        backoffLimit:int backoffLimitPerIndex:int maxFailedIndexes:int selector:LabelSelector manualSelector:bool
        template:PodTemplateSpec! ttlSecondsAfterFinished:int completionMode:str suspend:bool
        podReplacementPolicy:str managedBy:str""",
    "JobStatus": """conditions:[Condition]@type startTime:time completionTime:time active:int succeeded:int
        failed:int terminating:int completedIndexes:str failedIndexes:str uncountedTerminatedPods:any ready:int""",
    "CronJob": "metadata:ObjectMeta! spec:CronJobSpec! status:any!",
    "CronJobSpec": """schedule:str timeZone:str startingDeadlineSeconds:int concurrencyPolicy:str suspend:bool
        jobTemplate:JobTemplateSpec! successfulJobsHistoryLimit:int failedJobsHistoryLimit:int""",
    "JobTemplateSpec": "metadata:ObjectMeta! spec:JobSpec!",
    "Ingress": "metadata:ObjectMeta! spec:IngressSpec! status:any!",
    "IngressSpec": "ingressClassName:str defaultBackend:IngressBackend tls:[IngressTls] rules:[IngressRule]",
    "IngressTls": "hosts:[str] secretName:str",
    "IngressRule": "host:str http:IngressHttp",
    "IngressHttp": "paths:[IngressPath]",
    "IngressPath": "path:str pathType:str backend:IngressBackend",
    "IngressBackend": "service:ServiceBackend resource:any",
    "ServiceBackend": "name:str port:BackendPort",
    "BackendPort": "name:str number:int",
    "PodDisruptionBudget": "metadata:ObjectMeta! spec:PdbSpec! status:any!",
    "PdbSpec": """minAvailable:intstr selector:LabelSelector maxUnavailable:intstr
        unhealthyPodEvictionPolicy:str""",
    # -- reviews and actions
    "Eviction": "metadata:ObjectMeta! deleteOptions:any",
    "TokenRequest": "metadata:ObjectMeta! spec:any! status:any!",
    "TokenReview": "metadata:ObjectMeta! spec:any! status:any!",
    "SelfSubjectReview": "metadata:ObjectMeta! status:any!",
    "SelfSubjectAccessReview": "metadata:ObjectMeta! spec:any! status:any!",
}
