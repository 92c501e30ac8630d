"""What is proven where: each row of the table of faults, and the tests that hold it.

refused, DNS, connect timeout, TLS handshake
    test_fault_before: test_refused, test_the_backup_host_takes_over_at_once, test_a_batch_waits_as_one_and_goes_as_one
    test_worker: test_what_never_left_waits_and_is_told_once, test_it_waits_2_s_at_least
    ../gateway/test_transport: test_a_host_that_has_no_address, test_a_connection_that_is_never_made
    ../gateway/test_transport: test_no_tls_where_it_is_asked_for
certificate invalid
    test_fault_before: test_a_certificate_that_does_not_hold
    test_worker: test_a_certificate_that_fails_later_is_told_too
timeout, reset, cut off after bytes left
    test_fault_lost: test_cut_off_after_it_left, test_while_nothing_at_all_can_be_asked_it_goes_on
    test_worker_lost: test_what_cannot_be_found_out_is_unknown_and_not_sent_again, test_a_report_ends_the_search
    test_fault_seconds: test_an_action_returns_after_ten_seconds_whatever_happens
500, 502, 504
    test_fault_lost: test_http_errors, test_503_where_it_is_not_documented
503 Club/Group, 429
    test_fault_before: test_503_where_it_means_not_processed, test_too_many_requests, test_retry_after_is_kept_to
    test_worker: test_each_wait_is_between_2_s_and_5_minutes, test_nobody_jumps_the_queue_of_a_busy_gateway
documented refusals
    test_fault_refused: test_a_refusal
documented "unknown error"
    test_fault_lost: test_the_documented_unknown_error
200 with truncated JSON, HTML, empty body
    test_fault_lost: test_200_with_no_answer
valid body, wrong content type
    test_fault_lost: test_a_wrong_content_type_is_no_fault
slow or endless body
    test_fault_lost: test_a_body_without_end
a batch partly accepted
    test_fault_refused: test_a_batch_of_which_one_number_is_missing_in_the_answer
    test_fault_refused: test_a_batch_refused_for_one_number_goes_without_it, test_of_several_recipients_all_are_tried
    test_worker: test_of_a_batch_only_what_was_too_much_is_sent_again
kill -9 before the intent is on disk
    test_crash: test_before_the_intent_is_on_disk_the_action_has_not_returned
    test_worker: test_that_it_leaves_is_on_disk_before_it_leaves
kill -9 after it, before sending
    test_crash: test_after_the_intent_it_is_sent_once, test_after_the_answer_is_on_disk_nothing_is_sent
    test_worker_lost: test_found_waiting_is_sent_once
    test_fault_reload: test_a_crash_in_the_middle_loses_and_doubles_nothing
kill -9 while sending
    test_crash: test_while_sending_the_rule_decides, test_while_several_are_sent_each_is_found_out
    test_worker_lost: test_found_sending_is_asked_about
outbox file torn, disk full
    test_fault_storage: test_a_torn_file_is_told_of_and_what_is_intact_goes_on, test_garbage_in_its_place_is_told_of
    test_fault_storage: test_a_full_disk_keeps_no_text_back, test_a_folder_in_place_of_the_file_keeps_no_text_back
    test_recovery: test_a_main_file_cut_at_each_page
a webhook twice
    ../test_reports: test_the_same_report_twice_is_one_event
    ../inbound/test_incoming: test_a_reply_twice_is_one_event
    test_outbox_reports: test_a_report_twice_at_the_same_time_is_told_once
our storage fails during a webhook
    test_fault_storage: test_a_report_that_cannot_be_kept_is_not_acknowledged
reports out of order
    ../test_reports: test_reports_out_of_order_never_go_back
    test_outbox_reports: test_no_order_of_reports_and_answer_goes_backwards
a report before the send's own answer
    ../test_reports: test_a_report_before_the_answer_ends_right
    test_outbox_reports: test_an_early_report_is_kept_ten_minutes, test_a_report_before_the_answer_is_not_undone_by_it
    test_outbox_reports: test_a_report_before_the_answer_is_told_after_it
forged or unknown id
    ../test_reports: test_unknown_ids_only_count
    test_outbox_reports: test_forged_reports_fill_no_memory
    test_outbox_reports: test_a_report_of_nobody_is_counted, test_another_accounts_message_is_nobodys
over 64 KiB, garbage, bad UTF-8, deep JSON
    ../test_webhook: test_a_body_of_declared_length_over_64_kib, test_a_body_of_undeclared_length_over_64_kib
    ../test_webhook: test_garbage_is_refused_without_effect
clock a day off, summer time
    test_status_poller: test_a_clock_that_is_set_moves_no_question
    test_outbox_results: test_after_a_restart_no_message_lives_longer_than_it_was_to
    test_worker: test_a_clock_that_is_set_neither_freezes_nor_bursts, test_a_clock_that_is_set_makes_nobody_live_longer
    test_checks: test_seconds_are_those_that_pass_when_the_clock_is_changed
"""

from collections.abc import Iterator
from pathlib import Path
import re

import pytest

ROWS = 22
FOLDER = Path(__file__).parent


def table() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each row with its tests, as pairs of file and test name."""
    _, *lines = (__doc__ or "").strip().splitlines()
    tests: list[tuple[str, str]] = []
    for line in filter(None, lines):
        if line.startswith("    "):
            file, names = line.strip().split(": ")
            tests += [(file, name) for name in names.split(", ")]
        else:
            yield line, (tests := [])


def test_each_row_has_tests() -> None:
    rows = list(table())
    assert len(rows) == ROWS
    assert all(tests for _, tests in rows)


@pytest.mark.parametrize(("file", "name"), sorted({test for _, tests in list(table()) for test in tests}))
def test_what_is_named_is_there(file: str, name: str) -> None:
    source = (FOLDER / f"{file}.py").read_text("utf-8")
    assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE)
