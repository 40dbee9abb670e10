from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0007_log_path_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="environment",
            name="shell_policy",
            field=models.CharField(
                blank=True,
                choices=[
                    ("open", "Open"),
                    ("ticket", "Ticket"),
                    ("ticket_or_break_glass", "Ticket Or Break Glass"),
                ],
                db_default="",
                help_text="empty: by the tier",
                max_length=24,
            ),
        ),
    ]
