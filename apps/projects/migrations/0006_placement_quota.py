from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0005_access"),
    ]

    operations = [
        migrations.AddField(
            model_name="placement",
            name="quota",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, help_text="of each of its namespaces: hard of a ResourceQuota"
            ),
        ),
    ]
