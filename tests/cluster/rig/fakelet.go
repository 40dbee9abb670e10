package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/creack/pty"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	remotecommandconsts "k8s.io/apimachinery/pkg/util/remotecommand"
	remotecommandclient "k8s.io/client-go/tools/remotecommand"
	remotecommand "k8s.io/kubelet/pkg/cri/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// fakelet is the kubelet's HTTP side for kwok's nodes: exec and logs, with the kubelet's own streaming library, so
// that what a client of the API server sees (channels, exit codes, end of stdin, resize) is what a node would show.
// It asks the API server how a pod is, and refuses what a kubelet refuses. A command runs on this machine: as uid
// (when root), in dir, with an environment of its own. Must not: be reachable from beyond loopback.
type fakelet struct {
	pods      pods
	dir, logs string
	uid       int
}

func runFakelet() int {
	f := &fakelet{}
	listen := flag.String("listen", "127.0.0.1:0", "address")
	cert := flag.String("cert", "", "certificate file")
	key := flag.String("key", "", "key file")
	kubeconfig := flag.String("kubeconfig", "", "how to ask the API server")
	flag.StringVar(&f.dir, "dir", "/", "working directory of commands")
	flag.StringVar(&f.logs, "logs", "", "folder with NAMESPACE_POD_CONTAINER.log or default.log in the CRI format, .previous.log likewise")
	flag.IntVar(&f.uid, "uid", 65534, "user of commands")
	flag.Parse()
	client, err := newPods(*kubeconfig)
	if err != nil {
		log.Println(err)
		return 1
	}
	f.pods = client
	mux := http.NewServeMux()
	mux.HandleFunc("/exec/{ns}/{pod}/{container}", f.exec)
	mux.HandleFunc("GET /containerLogs/{ns}/{pod}/{container}", f.containerLogs)
	log.Println(http.ListenAndServeTLS(*listen, *cert, *key, mux))
	return 1
}

func (f *fakelet) exec(w http.ResponseWriter, r *http.Request) {
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	who := containerOf(r)
	if status := f.pods.container(r.Context(), who); status == nil || status.State.Running == nil {
		refuse(w, http.StatusInternalServerError, fmt.Sprintf("container not found (%q)", who.container))
		return
	}
	remotecommand.ServeExec(w, r, &session{f, who}, who.pod, "", who.container, r.URL.Query()["command"], options,
		4*time.Hour, 30*time.Second, remotecommandconsts.SupportedStreamingProtocols)
}

// refuse answers as a kubelet does: the words alone, without the newline of http.Error.
func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	io.WriteString(w, why)
}

// session runs one command; it is what the streaming library calls an Executor.
type session struct {
	*fakelet
	who container
}

func (s *session) ExecInContainer(ctx context.Context, _ string, _ types.UID, _ string, command []string,
	in io.Reader, out, errOut io.WriteCloser, tty bool, resize <-chan remotecommandclient.TerminalSize, _ time.Duration) error {
	cmd, err := s.command(command)
	if err != nil {
		return err
	}
	gone, stop := context.WithCancel(ctx)
	defer stop()
	if tty {
		cmd.Env = append(cmd.Env, "TERM=xterm")
		err = s.runWithTerminal(gone, cmd, in, out, resize)
	} else {
		cmd.Stdout, cmd.Stderr = out, errOut
		err = s.run(gone, cmd, in)
	}
	return asExitCode(command, err)
}

func (s *session) command(words []string) (*osexec.Cmd, error) {
	cmd := &osexec.Cmd{Path: words[0], Args: words, Dir: s.dir,
		Env:         []string{"PATH=/usr/bin:/bin", "HOME=/", "PS1=$ ", "HOSTNAME=" + s.who.pod, "CONTAINER=" + s.who.container},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	if filepath.Base(words[0]) == words[0] {
		path, err := osexec.LookPath(words[0])
		if err != nil { // containerd's words
			return nil, fmt.Errorf("failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: "+
				"unable to start container process: exec: %q: executable file not found in $PATH: unknown", words[0])
		}
		cmd.Path = path
	}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.uid)}
	}
	return cmd, nil
}

func (s *session) run(ctx context.Context, cmd *osexec.Cmd, in io.Reader) error {
	var pipe io.WriteCloser
	if in != nil { // not cmd.Stdin: Wait would wait for the client to close it
		var err error
		if pipe, err = cmd.StdinPipe(); err != nil {
			return err
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if in != nil {
		go func() { io.Copy(pipe, in); pipe.Close() }()
	}
	go s.killWithPod(ctx, cmd.Process.Pid)
	return cmd.Wait()
}

func (s *session) runWithTerminal(ctx context.Context, cmd *osexec.Cmd, in io.Reader, out io.Writer,
	resize <-chan remotecommandclient.TerminalSize) error {
	cmd.SysProcAttr.Setctty = true
	terminal, err := pty.Start(cmd)
	if err != nil {
		return err
	}
	defer terminal.Close()
	go func() {
		for size := range resize {
			pty.Setsize(terminal, &pty.Winsize{Rows: size.Height, Cols: size.Width})
		}
	}()
	if in != nil {
		go func() { io.Copy(terminal, in); terminal.Close() }() // the client has gone: the shell gets SIGHUP
	}
	go s.killWithPod(ctx, cmd.Process.Pid)
	io.Copy(out, terminal)
	return cmd.Wait()
}

// killWithPod kills the command's session once its container does not run any more, as a runtime does.
func (s *session) killWithPod(ctx context.Context, pid int) {
	for ctx.Err() == nil {
		if status := s.pods.container(ctx, s.who); ctx.Err() == nil && (status == nil || status.State.Running == nil) {
			syscall.Kill(-pid, syscall.SIGKILL)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func asExitCode(command []string, err error) error {
	var exit *osexec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: fmt.Errorf("error executing command %v, exit code %d", command, code), Code: code}
}

// container names one container of one pod.
type container struct{ namespace, pod, container string }

func containerOf(r *http.Request) container {
	return container{r.PathValue("ns"), r.PathValue("pod"), r.PathValue("container")}
}

func statusOf(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == name {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	return nil
}
