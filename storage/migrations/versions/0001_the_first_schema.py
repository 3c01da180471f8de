"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('annotator',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_annotator')),
    sa.UniqueConstraint('name', name=op.f('uq_annotator_name'))
    )
    op.create_table('dataset',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('format', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('n_items', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dataset')),
    sa.UniqueConstraint('name', name=op.f('uq_dataset_name'))
    )
    op.create_table('export',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('type', sa.String(), nullable=False),
    sa.Column('layout', sa.String(), nullable=False),
    sa.Column('out', sa.String(), nullable=False),
    sa.Column('n_rows', sa.Integer(), nullable=False),
    sa.Column('manifest', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export'))
    )
    op.create_table('job',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('params', sa.Text(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('unit', sa.String(), nullable=False),
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('cancel_requested', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heartbeat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index('ix_job_state_id', ['state', 'id'], unique=False)

    op.create_table('saved_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    sa.UniqueConstraint('name', name=op.f('uq_saved_view_name'))
    )
    op.create_table('setting',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_setting'))
    )
    op.create_table('taxonomy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('toml', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_taxonomy')),
    sa.UniqueConstraint('name', 'version', name=op.f('uq_taxonomy_name_version'))
    )
    op.create_table('tool',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tool')),
    sa.UniqueConstraint('name', name=op.f('uq_tool_name'))
    )
    op.create_table('tool_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('n_tools', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tool_set')),
    sa.UniqueConstraint('hash', name=op.f('uq_tool_set_hash'))
    )
    op.create_table('problem',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('dataset_id', sa.Integer(), nullable=False),
    sa.Column('where', sa.String(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['dataset_id'], ['dataset.id'], name=op.f('fk_problem_dataset_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem'))
    )
    with op.batch_alter_table('problem', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_problem_dataset_id'), ['dataset_id'], unique=False)

    op.create_table('queue',
    sa.Column('dataset_id', sa.Integer(), nullable=False),
    sa.Column('policy', sa.String(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('overlap', sa.Integer(), nullable=False),
    sa.Column('decide_alone', sa.Boolean(), nullable=False),
    sa.Column('n_tasks', sa.Integer(), nullable=False),
    sa.Column('n_done', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['dataset_id'], ['dataset.id'], name=op.f('fk_queue_dataset_id')),
    sa.PrimaryKeyConstraint('dataset_id', name=op.f('pk_queue'))
    )
    op.create_table('refusal',
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('annotator_id', sa.Integer(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_refusal_annotator_id')),
    sa.PrimaryKeyConstraint('session_id', 'n', name=op.f('pk_refusal'))
    )
    op.create_table('trajectory',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('tool_set_id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('group_key', sa.String(), nullable=False),
    sa.Column('n_messages', sa.Integer(), nullable=False),
    sa.Column('n_steps', sa.Integer(), nullable=False),
    sa.Column('n_calls', sa.Integer(), nullable=False),
    sa.Column('n_tools', sa.Integer(), nullable=False),
    sa.Column('preview', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('checked_with', sa.String(), nullable=False),
    sa.Column('suspicion', sa.Float(), nullable=False),
    sa.Column('n_errors', sa.Integer(), nullable=False),
    sa.Column('n_warnings', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['trajectory.id'], name=op.f('fk_trajectory_parent_id')),
    sa.ForeignKeyConstraint(['tool_set_id'], ['tool_set.id'], name=op.f('fk_trajectory_tool_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trajectory')),
    sa.UniqueConstraint('uid', name=op.f('uq_trajectory_uid'))
    )
    with op.batch_alter_table('trajectory', schema=None) as batch_op:
        batch_op.create_index('ix_trajectory_checked_with_id', ['checked_with', 'id'], unique=False)
        batch_op.create_index('ix_trajectory_n_messages_id', ['n_messages', 'id'], unique=False)
        batch_op.create_index('ix_trajectory_outcome_id', ['outcome', 'id'], unique=False)
        batch_op.create_index('ix_trajectory_parent_id', ['parent_id'], unique=False)
        batch_op.create_index(
            'ix_trajectory_with_errors',
            ['id'],
            unique=False,
            sqlite_where=sa.text('n_errors > 0'),
            postgresql_where=sa.text('n_errors > 0'),
        )
        batch_op.create_index('ix_trajectory_state_id', ['state', 'id'], unique=False)
        batch_op.create_index('ix_trajectory_suspicion_id', ['suspicion', 'id'], unique=False)

    op.create_table('act',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('annotator_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('undoes', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_act_annotator_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_act_trajectory_id')),
    sa.ForeignKeyConstraint(['undoes'], ['act.id'], name=op.f('fk_act_undoes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act')),
    sa.UniqueConstraint('session_id', 'n', name=op.f('uq_act_session_id_n'))
    )
    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.create_index('ix_act_annotator_id_id', ['annotator_id', 'id'], unique=False)
        batch_op.create_index('ix_act_annotator_id_trajectory_id', ['annotator_id', 'trajectory_id', 'id'], unique=False)
        batch_op.create_index('ix_act_undoes', ['undoes'], unique=False)

    op.create_table('body',
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_body_trajectory_id')),
    sa.PrimaryKeyConstraint('trajectory_id', name=op.f('pk_body'))
    )
    op.create_table('correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('annotator_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_correction_annotator_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['trajectory.id'], name=op.f('fk_correction_parent_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_correction_trajectory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correction'))
    )
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.create_index('ix_correction_parent_id_trajectory_id', ['parent_id', 'trajectory_id'], unique=False)

    op.create_table('decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('result_id', sa.Integer(), nullable=True),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('rule', sa.String(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['decided_by'], ['annotator.id'], name=op.f('fk_decision_decided_by')),
    sa.ForeignKeyConstraint(['result_id'], ['trajectory.id'], name=op.f('fk_decision_result_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_decision_trajectory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision'))
    )
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.create_index('ix_decision_trajectory_id_id', ['trajectory_id', 'id'], unique=False)

    op.create_table('finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('check', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('severity', sa.String(), nullable=False),
    sa.Column('message_index', sa.Integer(), nullable=True),
    sa.Column('call_index', sa.Integer(), nullable=True),
    sa.Column('pointer', sa.String(), nullable=True),
    sa.Column('tool', sa.String(), nullable=True),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_finding_trajectory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.create_index('ix_finding_check_trajectory_id', ['check', 'trajectory_id'], unique=False)
        batch_op.create_index('ix_finding_broken_tool', ['tool', 'trajectory_id'], unique=False, sqlite_where=sa.text("severity = 'error'"), postgresql_where=sa.text("severity = 'error'"))
        batch_op.create_index('ix_finding_trajectory_id', ['trajectory_id'], unique=False)

    op.create_table('item',
    sa.Column('dataset_id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('source_id', sa.String(), nullable=False),
    sa.Column('where', sa.String(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['dataset_id'], ['dataset.id'], name=op.f('fk_item_dataset_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_item_trajectory_id')),
    sa.PrimaryKeyConstraint('dataset_id', 'trajectory_id', name=op.f('pk_item'))
    )
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.create_index('ix_item_trajectory_id', ['trajectory_id'], unique=False)

    op.create_table('prediction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('message_index', sa.Integer(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('perplexity', sa.Float(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_prediction_trajectory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prediction')),
    sa.UniqueConstraint('trajectory_id', 'message_index', 'model', 'content_hash', name=op.f('uq_prediction_trajectory_id_message_index_model_content_hash'))
    )
    op.create_table('task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('dataset_id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('rank', sa.Float(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('annotator_id', sa.Integer(), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_task_annotator_id')),
    sa.ForeignKeyConstraint(['dataset_id'], ['dataset.id'], name=op.f('fk_task_dataset_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_task_trajectory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task')),
    sa.UniqueConstraint('dataset_id', 'trajectory_id', 'slot', name=op.f('uq_task_dataset_id_trajectory_id_slot'))
    )
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.create_index('ix_task_annotator_id_status', ['annotator_id', 'status'], unique=False)
        batch_op.create_index('ix_task_dataset_id_status_rank_id', ['dataset_id', 'status', 'rank', 'id'], unique=False)
        batch_op.create_index('ix_task_trajectory_id', ['trajectory_id'], unique=False)

    op.create_table('tool_use',
    sa.Column('tool_id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('n_calls', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tool_id'], ['tool.id'], name=op.f('fk_tool_use_tool_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_tool_use_trajectory_id')),
    sa.PrimaryKeyConstraint('tool_id', 'trajectory_id', name=op.f('pk_tool_use'))
    )
    op.create_table('annotation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('annotator_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('retracted', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['act_id'], ['act.id'], name=op.f('fk_annotation_act_id')),
    sa.ForeignKeyConstraint(['annotator_id'], ['annotator.id'], name=op.f('fk_annotation_annotator_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_annotation_trajectory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_annotation')),
    sa.UniqueConstraint('trajectory_id', 'annotator_id', 'revision', name=op.f('uq_annotation_trajectory_id_annotator_id_revision'))
    )
    with op.batch_alter_table('annotation', schema=None) as batch_op:
        batch_op.create_index('ix_annotation_created_at', ['created_at'], unique=False)

    op.create_table('mark',
    sa.Column('annotation_id', sa.Integer(), nullable=False),
    sa.Column('mark_id', sa.String(), nullable=False),
    sa.Column('trajectory_id', sa.Integer(), nullable=False),
    sa.Column('taxonomy', sa.String(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('severity', sa.String(), nullable=False),
    sa.Column('message_index', sa.Integer(), nullable=True),
    sa.Column('call_index', sa.Integer(), nullable=True),
    sa.Column('pointer', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['annotation_id'], ['annotation.id'], name=op.f('fk_mark_annotation_id')),
    sa.ForeignKeyConstraint(['trajectory_id'], ['trajectory.id'], name=op.f('fk_mark_trajectory_id')),
    sa.PrimaryKeyConstraint('annotation_id', 'mark_id', name=op.f('pk_mark'))
    )
    with op.batch_alter_table('mark', schema=None) as batch_op:
        batch_op.create_index('ix_mark_taxonomy_category', ['taxonomy', 'category'], unique=False)
        batch_op.create_index(batch_op.f('ix_mark_trajectory_id'), ['trajectory_id'], unique=False)
    _create_search_index()


def _create_search_index() -> None:
    """Words of messages and calls: FTS5 without a copy of the text, or a tsvector with GIN."""
    if op.get_bind().dialect.name == "sqlite":
        # No column sizes: only bm25 needs them, and lists are in id order.
        op.execute(
            "CREATE VIRTUAL TABLE trajectory_text "
            "USING fts5(words, content='', columnsize=0, tokenize='unicode61')"
        )
        op.execute("INSERT INTO trajectory_text(trajectory_text, rank) VALUES('hashsize', 16777216)")
        # Merge seldom and many at once: the index of a bulk import is rewritten less often.
        op.execute("INSERT INTO trajectory_text(trajectory_text, rank) VALUES('automerge', 16)")
        op.execute("INSERT INTO trajectory_text(trajectory_text, rank) VALUES('crisismerge', 32)")
    else:
        op.execute(
            "CREATE TABLE trajectory_text ("
            "trajectory_id INTEGER PRIMARY KEY REFERENCES trajectory(id), words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_trajectory_text_words ON trajectory_text USING gin(words)")
