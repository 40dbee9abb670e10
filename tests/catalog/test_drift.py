"""Drift of a Jenkins job from its template in meaning: what is named, what is noise, what is hidden (B2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.catalog.drift import Difference, differences, is_behind, standing
from apps.common.errors import Rejected
from apps.integrations.jenkins import jobxml
from apps.sandbox.jenkins import jobxml as stored

TEMPLATE = (Path(__file__).parents[2] / "apps/sandbox/jenkins/templates/tpl-go.xml").read_text("utf-8")
NOTE = "shop/cart in the portal"
SHELL = "<hudson.tasks.Shell><command>{}</command></hudson.tasks.Shell>"
GIT = (
    '<scm class="hudson.plugins.git.GitSCM" plugin="git@5.2.0"><userRemoteConfigs><hudson.plugins.git.UserRemoteConfig>'
    "<url>{}</url><credentialsId>ci</credentialsId></hudson.plugins.git.UserRemoteConfig></userRemoteConfigs></scm>"
)


def project(inside: str = "", *, builders: str = "", parameters: str = "", triggers: str = "") -> str:
    return (
        "<project><properties><hudson.model.ParametersDefinitionProperty><parameterDefinitions>"
        f"{parameters}</parameterDefinitions></hudson.model.ParametersDefinitionProperty></properties>"
        f"<triggers>{triggers}</triggers><builders>{builders}</builders>{inside}</project>"
    )


def parameter(name: str, default: str = "", kind: str = "String", more: str = "") -> str:
    tag = f"hudson.model.{kind}ParameterDefinition"
    return f"<{tag}><name>{name}</name><defaultValue>{default}</defaultValue>{more}</{tag}>"


def job(template: str, name: str = "tpl-go", note: str = NOTE) -> str:
    """The job as the portal makes it."""
    return jobxml.job_from_template(template, template=name, note=note, key="3f2a.1")


def edited(old: str, new: str, template: str = TEMPLATE) -> list[Difference]:
    """The differences after somebody replaced this text in the job."""
    made = job(template)
    assert old in made
    return differences(template, made.replace(old, new))


def only(found: list[Difference]) -> tuple[str, str | None, str | None, str]:
    assert len(found) == 1, found
    return found[0].path, found[0].template, found[0].job, found[0].kind


# -- noise ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("template", [TEMPLATE, project(GIT.format("https://git/x"), builders=SHELL.format("make"))])
def test_a_job_as_the_portal_makes_it_has_no_differences(template: str) -> None:
    assert differences(template, job(template), NOTE) == []
    assert standing(template, job(template)) == "follows"


def test_a_save_in_jenkins_is_no_difference() -> None:
    kept = stored.saved(stored.normalise(job(TEMPLATE)), disabled=False)
    assert kept != job(TEMPLATE)
    assert differences(TEMPLATE, kept, NOTE) == []


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ('<a x="1" y="2"/>', '<a y="2" x="1"/>'),
        ('<a plugin="git@5.2.0"><b>1</b></a>', '<a plugin="git@5.3.1"><b>1</b></a>'),
        ("", '<a plugin="git@5.3.1"/>'),
        ("<a><b>1</b></a>", "<a>\n  <b> 1 </b>\n</a>"),
        ("<actions/>", ""),
        ("", "<keepDependencies>false</keepDependencies>"),
        ("<trim></trim>", "<trim>false</trim>"),
        ("", "<publishers><x/></publishers>"),
        ('<scm class="hudson.scm.NullSCM"/>', ""),
        ("<a><b>1</b><c>2</c></a>", "<a><c>2</c><b>1</b></a>"),
        ("<a>one\r\ntwo</a>", "<a>one\ntwo</a>"),
    ],
)
def test_markup_without_meaning_is_no_difference(mine: str, theirs: str) -> None:
    assert differences(project(mine), job(project(theirs))) == []


def test_the_order_of_parameters_means_nothing() -> None:
    forward = project(parameters=parameter("OPSPORTAL_KEY") + parameter("TAG") + parameter("IMAGE"))
    backward = project(parameters=parameter("OPSPORTAL_KEY") + parameter("IMAGE") + parameter("TAG"))
    assert differences(forward, job(backward)) == []


# -- parameters -------------------------------------------------------------------------------------------
def test_a_parameter_that_was_added_removed_or_given_another_default_is_named() -> None:
    mine = project(parameters=parameter("OPSPORTAL_KEY") + parameter("TAG", "v1") + parameter("GONE", "x"))
    theirs = project(parameters=parameter("OPSPORTAL_KEY") + parameter("TAG", "v2") + parameter("NEW", "y"))
    assert differences(mine, job(theirs)) == [
        Difference("parameter TAG › defaultValue", "v1", "v2", "parameter"),
        Difference("parameter GONE", "StringParameterDefinition: name=GONE, defaultValue=x", None, "parameter"),
        Difference("parameter NEW", None, "StringParameterDefinition: name=NEW, defaultValue=y", "parameter"),
    ]


def test_a_parameter_of_another_type_is_named() -> None:
    found = differences(
        project(parameters=parameter("TAG")), job(project(parameters=parameter("TAG", "true", "Boolean")))
    )
    assert only(found) == (
        "parameter TAG › type",
        "StringParameterDefinition: name=TAG",
        "BooleanParameterDefinition: name=TAG, defaultValue=true",
        "parameter",
    )


def test_a_choice_that_was_taken_out_is_one_difference() -> None:
    choices = "<choices><string>{}</string><string>b</string><string>c</string></choices>"
    mine = project(parameters=parameter("SIZE", "", "Choice", choices.format("a")))
    theirs = project(
        parameters=parameter("SIZE", "", "Choice", "<choices><string>b</string><string>c</string></choices>")
    )
    assert only(differences(mine, job(theirs))) == ("parameter SIZE › choices › string 1", "a", None, "parameter")


def test_our_key_that_lost_its_first_place_is_named() -> None:
    mine = project(parameters=parameter("OPSPORTAL_KEY") + parameter("TAG"))
    theirs = project(parameters=parameter("TAG") + parameter("OPSPORTAL_KEY"))
    marked = jobxml.description(job(mine))
    hand_made = theirs.replace("<project>", f"<project><description>{marked}</description>")
    assert only(differences(mine, hand_made)) == ("first parameter", "OPSPORTAL_KEY", "TAG", "parameter")


# -- scripts ----------------------------------------------------------------------------------------------
def test_an_edited_line_of_the_build_shell_is_shown_as_a_diff_of_lines() -> None:
    found = edited("run go vet ./...\n", "# vet takes too long\n")
    assert [(d.path, d.kind) for d in found] == [("build step 1 (shell)", "script")]
    assert [line for line in found[0].diff if line[0] in "+-"] == ["-run go vet ./...", "+# vet takes too long"]
    assert found[0].diff[0].startswith("@@ ")
    assert "run go vet" in (found[0].template or "")
    assert "run go vet" not in (found[0].job or "")


def test_indentation_of_a_script_has_a_meaning() -> None:
    mine, theirs = (project(builders=SHELL.format(script)) for script in ("if x\n then", "if x\nthen"))
    assert differences(mine, job(theirs))[0].diff[1:] == (" if x", "- then", "+then")


def test_an_inserted_build_step_stands_alone() -> None:
    mine = project(builders=SHELL.format("one") + SHELL.format("two"))
    theirs = project(builders=SHELL.format("zero") + SHELL.format("one") + SHELL.format("two"))
    assert only(differences(mine, job(theirs))) == ("build step 1 (shell)", None, "zero", "script")
    assert only(differences(theirs, job(mine))) == ("build step 1 (shell)", "zero", None, "script")


def test_a_step_turned_into_another_kind_is_named() -> None:
    maven = "<hudson.tasks.Maven><targets>package</targets></hudson.tasks.Maven>"
    found = differences(project(builders=SHELL.format("make")), job(project(builders=maven)))
    assert only(found) == ("build step 1 (Maven → shell)", "Shell: command=make", "Maven: targets=package", "script")
    changed = differences(project(builders=maven), job(project(builders=maven.replace("package", "verify"))))
    assert only(changed) == ("build step 1 (Maven) › targets", "package", "verify", "script")


# -- triggers, repository, the rest -----------------------------------------------------------------------
def test_a_trigger_somebody_added_is_named_with_its_schedule() -> None:
    timer = "<hudson.triggers.TimerTrigger><spec>{}</spec></hudson.triggers.TimerTrigger>"
    added = edited("<triggers />", f"<triggers>{timer.format('H 2 * * *')}</triggers>")
    assert only(added) == ("trigger TimerTrigger", None, "TimerTrigger: spec=H 2 * * *", "trigger")
    mine, theirs = (project(triggers=timer.format(spec)) for spec in ("H 2 * * *", "H 3 * * *"))
    assert only(differences(mine, job(theirs))) == ("trigger TimerTrigger › spec", "H 2 * * *", "H 3 * * *", "trigger")


def test_another_repository_address_is_named_without_its_password() -> None:
    mine, theirs = (project(GIT.format(f"https://{host}/x.git")) for host in ("git", "ci:pa55@other"))
    assert only(differences(mine, job(theirs))) == (
        "repository › userRemoteConfigs › UserRemoteConfig › url", "https://git/x.git", "https://***@other/x.git", "scm",
    )  # fmt: skip


def test_a_repository_where_there_was_none_is_named() -> None:
    found = edited('<scm class="hudson.scm.NullSCM" />', GIT.format("https://git/x"))
    assert {d.kind for d in found} == {"scm"}
    assert ("repository › class", "hudson.scm.NullSCM", "hudson.plugins.git.GitSCM") in [
        (d.path, d.template, d.job) for d in found
    ]
    assert any("url=https://git/x" in (d.job or "") for d in found)


def test_a_switched_off_job_and_other_settings_are_named_by_their_path() -> None:
    assert only(edited("<disabled>false</disabled>", "<disabled>true</disabled>")) == (
        "disabled", "false", "true", "other",
    )  # fmt: skip
    found = edited("<numToKeep>200</numToKeep>", "<numToKeep>5</numToKeep>")
    assert only(found) == ("BuildDiscarderProperty › strategy › numToKeep", "200", "5", "other")


def test_a_description_without_our_note_is_told() -> None:
    made = job(TEMPLATE)
    gone = made.replace(jobxml.description(made), "mine now")
    assert only(differences(TEMPLATE, gone)) == ("note of the portal in the description", "present", None, "other")
    assert differences(TEMPLATE, made, "another text")[0].path == "description"
    assert differences(TEMPLATE, made) == []


def test_another_kind_of_job_is_one_difference() -> None:
    made = job(TEMPLATE).replace("<project>", "<flow-definition>").replace("</project>", "</flow-definition>")
    assert only(differences(TEMPLATE, made)) == ("kind of job", "project", "flow-definition", "other")


# -- secrets ----------------------------------------------------------------------------------------------
ONE, TWO = "{AQAAABAAAAAQy1w6+Pn3m1Ux}", "{AQAAABAAAAAQzzzzzzzzzzzz}"


def test_two_encrypted_values_cannot_be_told_apart() -> None:
    assert differences(project(f"<a><b>{ONE}</b></a>"), job(project(f"<a><b>{TWO}</b></a>"))) == []


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (f"<a><b>{ONE}</b></a>", "<a><b>hunter2</b></a>"),
        ("<a><password>hunter1</password></a>", "<a><password>hunter2</password></a>"),
        ("<a><apiToken>hunter1</apiToken></a>", "<a/>"),
        ("", "<a><password>hunter2</password><x>1</x></a>"),
        ("<authToken>hunter1</authToken>", "<authToken>hunter2</authToken>"),
        ("", "<authToken>hunter2</authToken>"),
        ("<SecretText><v>hunter1</v></SecretText>", "<SecretText><v>hunter2</v></SecretText>"),
    ],
)
def test_a_changed_secret_is_told_and_never_shown(mine: str, theirs: str) -> None:
    found = differences(project(mine), job(project(theirs)))
    assert len(found) == 1
    assert "hunter" not in repr(found)
    assert ONE not in repr(found)


def test_the_default_of_a_password_parameter_is_hidden() -> None:
    mine, theirs = (project(parameters=parameter("PW", value, "Password")) for value in ("hunter1", "hunter2"))
    assert only(differences(mine, job(theirs))) == ("parameter PW › defaultValue", "***", "***", "parameter")
    assert "hunter" not in repr(differences(project(), job(theirs)))


# -- standing ---------------------------------------------------------------------------------------------
def test_a_job_of_an_older_template_is_behind_and_not_edited() -> None:
    newer = TEMPLATE.replace("run go test ./...", "run go test -race ./...")
    made = job(TEMPLATE)
    assert (is_behind(newer, made), standing(newer, made)) == (True, "behind")
    assert [d.kind for d in differences(newer, made)] == ["script"]
    assert differences(TEMPLATE, made) == []


def test_a_hand_edit_is_not_behind() -> None:
    by_hand = job(TEMPLATE).replace("run go vet ./...", "true")
    assert (is_behind(TEMPLATE, by_hand), standing(TEMPLATE, by_hand)) == (False, "edited")


def test_a_job_that_is_not_the_portals_is_foreign_and_never_behind() -> None:
    assert (is_behind(TEMPLATE, TEMPLATE), standing(TEMPLATE, TEMPLATE)) == (False, "foreign")


# -- bounds -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "xml", ['<!DOCTYPE a [<!ENTITY b "c">]><project>&b;</project>', "<a>" * 65 + "</a>" * 65, "<project>"]
)
def test_xml_that_is_not_read_is_refused_on_either_side(xml: str) -> None:
    for pair in ((xml, job(TEMPLATE)), (TEMPLATE, xml)):
        with pytest.raises(Rejected) as caught:
            differences(*pair)
        assert caught.value.code in ("jenkins.template_invalid", "jenkins.config_too_large")


def test_a_job_with_very_many_differences_is_cut() -> None:
    mine, theirs = ("".join(f"<t{n}>{value}</t{n}>" for n in range(10_000)) for value in ("a", "b"))
    assert len(differences(project(mine), job(project(theirs)))) == 500


def test_a_very_long_script_is_compared_without_a_diff() -> None:
    mine, theirs = (project(builders=SHELL.format("\n".join(f"{n}{end}" for n in range(3000)))) for end in ("", "x"))
    found = differences(mine, job(theirs))
    assert [(d.kind, d.diff) for d in found] == [("script", ())]
