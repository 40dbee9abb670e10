package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/util/flushwriter"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	criapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	crilogs "k8s.io/cri-client/pkg/logs"
	corev1conversion "k8s.io/kubernetes/pkg/apis/core/v1"
)

// pods is what the fakelet knows of its pods: what the API server says now.
type pods struct{ client kubernetes.Interface }

func newPods(kubeconfig string) (pods, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return pods{}, err
	}
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	return pods{client}, err
}

// container is the status of one container; nil when pod or container has gone. A question that got no answer is
// answered with "still running": a slow API server must not kill a session.
func (p pods) container(ctx context.Context, who container) *corev1.ContainerStatus {
	pod, err := p.client.CoreV1().Pods(who.namespace).Get(ctx, who.pod, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return &corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
	}
	return statusOf(pod, who.container)
}

func (f *fakelet) containerLogs(w http.ResponseWriter, r *http.Request) {
	query, options := r.URL.Query(), &corev1.PodLogOptions{}
	if err := corev1conversion.Convert_url_Values_To_v1_PodLogOptions(&query, options, nil); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	who := containerOf(r)
	if refusal := refuseLog(f.pods.container(r.Context(), who), who, options.Previous); refusal != "" {
		refuse(w, http.StatusBadRequest, refusal)
		return
	}
	writer := flushwriter.Wrap(w)
	ask := asking{pods: f.pods, who: who}
	err := crilogs.ReadLogs(r.Context(), nil, f.logFile(who, options.Previous), "id", crilogs.NewLogOptions(options, time.Now()), ask, writer, writer)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
	}
}

func (f *fakelet) logFile(who container, previous bool) string {
	suffix := ".log"
	if previous {
		suffix = ".previous.log"
	}
	path := filepath.Join(f.logs, filepath.Base(who.namespace+"_"+who.pod+"_"+who.container+suffix))
	if _, err := os.Stat(path); err != nil {
		return filepath.Join(f.logs, "default"+suffix)
	}
	return path
}

// refuseLog says why a kubelet would not serve this log, in its words (validateContainerLogStatus); "" when it would.
func refuseLog(status *corev1.ContainerStatus, who container, previous bool) string {
	if status == nil {
		return fmt.Sprintf("container %q in pod %q is not available", who.container, who.pod)
	}
	last, state := status.LastTerminationState.Terminated, status.State
	switch {
	case previous && last == nil:
		return fmt.Sprintf("previous terminated container %q in pod %q not found", who.container, who.pod)
	case previous, state.Running != nil, state.Terminated != nil, last != nil:
		return ""
	case state.Waiting == nil:
		return fmt.Sprintf("container %q in pod %q is waiting to start - no logs yet", who.container, who.pod)
	}
	why := state.Waiting.Reason
	switch why {
	case "ErrImagePull":
		why = "image can't be pulled"
	case "ImagePullBackOff":
		why = "trying and failing to pull image"
	}
	return fmt.Sprintf("container %q in pod %q is waiting to start: %s", who.container, who.pod, why)
}

// asking is what ReadLogs asks while it follows: does the container still run?
type asking struct {
	criapi.RuntimeService
	pods pods
	who  container
}

func (a asking) ContainerStatus(ctx context.Context, _ string, _ bool) (*runtimeapi.ContainerStatusResponse, error) {
	state := runtimeapi.ContainerState_CONTAINER_EXITED
	if status := a.pods.container(ctx, a.who); status != nil && status.State.Running != nil {
		state = runtimeapi.ContainerState_CONTAINER_RUNNING
	}
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{State: state}}, nil
}
