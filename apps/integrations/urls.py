"""Routes of outside systems."""

from django.urls import path

from apps.integrations import views, views_nodes

urlpatterns = [
    path("clusters/", views.ClusterList.as_view(), name="cluster-list"),
    path("clusters/<slug:name>/", views.ClusterDetail.as_view(), name="cluster-detail"),
    path("clusters/<slug:name>/nodes/", views_nodes.ClusterNodes.as_view(), name="cluster-nodes"),
    path("clusters/<slug:name>/test", views.ClusterTest.as_view(), name="cluster-test"),
    path("gitlab-servers/", views.GitLabServerList.as_view(), name="gitlab-server-list"),
    path("gitlab-servers/<slug:name>/", views.GitLabServerDetail.as_view(), name="gitlab-server-detail"),
    path("gitlab-servers/<slug:name>/test", views.GitLabServerTest.as_view(), name="gitlab-server-test"),
    path("jenkins-controllers/", views.JenkinsControllerList.as_view(), name="jenkins-controller-list"),
    path("jenkins-controllers/<slug:name>/", views.JenkinsControllerDetail.as_view(), name="jenkins-controller-detail"),
    path("jenkins-controllers/<slug:name>/test", views.JenkinsControllerTest.as_view(), name="jenkins-controller-test"),
    path("registries/", views.RegistryList.as_view(), name="registry-list"),
    path("registries/<slug:name>/", views.RegistryDetail.as_view(), name="registry-detail"),
    path("registries/<slug:name>/test", views.RegistryTest.as_view(), name="registry-test"),
]
