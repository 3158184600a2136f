package lookup

// The sentences of zone transfers. They are said by the server only.

func (f CopiesListed) Line() Line {
	return line("copies.listed."+f.Cause, "zone", f.Zone.Short(), "count", num(len(f.Copies)))
}

func (f ZoneChanged) Line() Line {
	key := "zone.changed"
	if f.From == f.To {
		key = "zone.changed.silently"
	}
	return line(key, "zone", f.Zone.Short(), "server", f.Server.label(), "from", num(f.From), "to", num(f.To), "deleted", num(len(f.Deleted)), "added", num(len(f.Added)))
}

func (f NotifySent) Line() Line {
	key := "notify.sent"
	if f.Try > 1 {
		key = "notify.sent.again"
	}
	return line(key, "zone", f.Zone.Short(), "primary", f.Primary.label(), "server", f.Server.label(), "serial", num(f.Serial), "try", num(f.Try), "bytes", num(len(f.Message)))
}

func (f NotifyReceived) Line() Line {
	key := "notify.received.refused"
	if f.Accepted {
		key = "notify.received.accepted"
	}
	return line(key, "zone", f.Zone.Short(), "server", f.Server.label(), "from", f.From.Addr().String())
}

func (f NotifyAnswered) Line() Line {
	return line("notify.answered", "zone", f.Zone.Short(), "server", f.Server.label(), "rcode", f.Rcode.String(), "rtt", num(f.RTTUs))
}

func (f NotifyUnanswered) Line() Line {
	return line("notify.unanswered", "zone", f.Zone.Short(), "server", f.Server.label(), "try", num(f.Try), "waited", num(f.WaitedUs))
}

func (f TimerDue) Line() Line {
	return line("timer.due."+f.Timer, "zone", f.Zone.Short(), "server", f.Server.label(), "sec", num(f.Sec))
}

func (f TimerSet) Line() Line {
	return line("timer.set."+f.Timer, "zone", f.Zone.Short(), "server", f.Server.label(), "sec", num(f.Sec))
}

func (f RefreshStarted) Line() Line {
	return line("refresh.started."+f.Cause, "zone", f.Zone.Short(), "server", f.Server.label(), "primary", f.Primary.label(), "serial", num(f.Serial))
}

func (f RefreshFinished) Line() Line {
	return line("refresh.finished."+f.Outcome, "zone", f.Zone.Short(), "server", f.Copy.Server.label(), "serial", num(f.Copy.Serial), "elapsed", num(f.ElapsedUs))
}

func (f SerialAsked) Line() Line {
	key := "serial.asked"
	if f.Try > 1 {
		key = "serial.asked.again"
	}
	return line(key, "zone", f.Zone.Short(), "server", f.Server.label(), "primary", f.Primary.label(), "try", num(f.Try), "bytes", num(len(f.Message)))
}

func (f SerialReceived) Line() Line {
	key := "serial.received"
	if f.Rcode != 0 || f.Serial == 0 {
		key = "serial.received.none"
	}
	return line(key, "zone", f.Zone.Short(), "server", f.Server.label(), "primary", f.Primary.label(), "serial", num(f.Serial), "rcode", f.Rcode.String(), "rtt", num(f.RTTUs), "bytes", num(len(f.Message)))
}

func (f SerialUnanswered) Line() Line {
	return line("serial.unanswered", "zone", f.Zone.Short(), "server", f.Server.label(), "primary", f.Primary.label(), "try", num(f.Try), "waited", num(f.WaitedUs))
}

func (f SerialCompared) Line() Line {
	return line("serial.compared."+string(f.Order), "zone", f.Zone.Short(), "server", f.Server.label(), "have", num(f.Have), "offered", num(f.Offered))
}

func (f TransferRequested) Line() Line {
	key := "transfer.requested.whole"
	if f.Type == TypeIXFR {
		key = "transfer.requested.part"
	}
	return line(key, "zone", f.Zone.Short(), "host", f.Client, "server", f.Server.label(), "type", f.Type.String(), "have", num(f.Have), "bytes", num(len(f.Message)))
}

func (f TransferReceived) Line() Line {
	key := "transfer.received"
	if f.Last {
		key = "transfer.received.last"
	}
	return line(key, "zone", f.Zone.Short(), "host", f.Client, "server", f.Server.label(), "number", num(f.Number), "records", num(len(f.Records)), "bytes", num(len(f.Message)), "since", num(f.SinceUs))
}

func (f TransferRefused) Line() Line {
	return line("transfer.refused", "zone", f.Zone.Short(), "host", f.Client, "server", f.Server.label(), "type", f.Type.String(), "rcode", f.Rcode.String(), "bytes", num(len(f.Message)))
}

func (f TransferFailed) Line() Line {
	return line("transfer.failed."+f.Reason, "zone", f.Zone.Short(), "host", f.Client, "server", f.Server.label(), "type", f.Type.String())
}

func (f TransferFellBack) Line() Line {
	return line("transfer.fellBack."+f.Reason, "zone", f.Zone.Short(), "host", f.Client, "server", f.Server.label())
}

func (f DiffApplied) Line() Line {
	return line("diff.applied", "zone", f.Zone.Short(), "server", f.Server.label(), "from", num(f.From), "to", num(f.To), "deleted", num(len(f.Deleted)), "added", num(len(f.Added)))
}

func (f ZoneReplaced) Line() Line {
	return line("zone.replaced", "zone", f.Zone.Short(), "server", f.Server.label(), "serial", num(f.Serial), "records", num(f.Records))
}

func (f ZoneExpired) Line() Line {
	return line("zone.expired", "zone", f.Zone.Short(), "server", f.Server.label(), "sec", num(f.ExpireSec))
}

// transferKeys lists the keys of these sentences.
func transferKeys() []string {
	keys := []string{"zone.changed", "zone.changed.silently", "zone.replaced", "zone.expired", "diff.applied",
		"notify.sent", "notify.sent.again", "notify.received.accepted", "notify.received.refused", "notify.answered", "notify.unanswered",
		"serial.asked", "serial.asked.again", "serial.received", "serial.received.none", "serial.unanswered",
		"transfer.requested.whole", "transfer.requested.part", "transfer.received", "transfer.received.last", "transfer.refused",
		"transfer.fellBack.whole", "transfer.fellBack.again"}
	with := func(prefix string, ends ...string) {
		for _, e := range ends {
			keys = append(keys, prefix+"."+e)
		}
	}
	with("copies.listed", "change", "notify", "asked", "timer", "expiry", "stranger")
	with("timer.due", "refresh", "retry", "expire")
	with("timer.set", "refresh", "retry")
	with("refresh.started", "notify", "refresh", "retry", "asked")
	with("refresh.finished", "current", "updated", "replaced", "unreachable", "refused", "failed")
	with("serial.compared", string(SerialNewer), string(SerialSame), string(SerialOlder), string(SerialUndefined))
	with("transfer.failed", "unreachable", "broken", "malformed", "outOfStep", "tooBig", "unusable")
	return keys
}
