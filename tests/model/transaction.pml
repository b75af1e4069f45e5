// SPDX-License-Identifier: MIT OR Apache-2.0
/* A transaction of two services (services/vfs/remote.c, services/filesystem/volume.c): the VFS asks
 * the process of a file system to do a step, commits its own part, and says in shared memory that
 * the transaction was kept. Both are killed at any step; the VFS's client asks again.
 * Checked: what the client was told is done once in both, what it was not told in both or in none
 * at the end; no step of another transaction is taken for one of this. */

#define REQUESTS 2
#define KILLS    3
#define UNDONE   2 /* transactions that the VFS undoes by itself, at most */

mtype = { STEP, DONE, AGAIN, DIED }

chan calls = [0] of { byte };   /* the transaction; its only step */
chan answers = [0] of { mtype };

/* Shared memory. */
byte said_ended;
byte said_kept;

/* The VFS's estate. */
byte vfs_value;
byte vfs_kept;   /* the last transaction that was kept */
byte begun;      /* not undone */
byte vfs_answered; /* the session: requests that were answered */

/* The file system's estate. */
byte fs_value;
bool outer;
byte open;
byte done;

byte kills;
byte undone;
byte acknowledged;
bool finished;

#define MAY_DIE(label) if :: kills < KILLS -> kills++; goto label :: true -> skip fi

proctype Vfs()
{
	mtype answer;
	byte request = 1;

start:	/* a new instance: the undo log has been applied */
	if
	:: vfs_kept == begun -> said_kept = begun
	:: else -> skip
	fi;
	MAY_DIE(start);
	said_ended = begun;

next:	if
	:: request > REQUESTS -> goto end
	:: else -> skip
	fi;
	if
	:: vfs_answered >= request -> goto told /* it comes again, and its answer is there */
	:: else -> skip
	fi;

try:	begun++;
	MAY_DIE(start);
call:	calls ! begun;
	answers ? answer;
	MAY_DIE(start);
	if
	:: answer == DIED -> goto call /* to the next instance, the same */
	:: answer == AGAIN -> said_ended = begun; goto try
	:: answer == DONE -> skip
	fi;
	if
	:: undone < UNDONE -> undone++; said_ended = begun; goto try
	:: true -> skip
	fi;
	atomic { vfs_value++; vfs_kept = begun; vfs_answered = request } /* the commit */
	MAY_DIE(start);
	said_kept = begun;
	MAY_DIE(start);
	said_ended = begun;
	MAY_DIE(start);
told:	acknowledged = request;
	request++;
	goto next;

end:	finished = true
}

proctype Fs()
{
	byte transaction;

start:	/* a new instance: inner changes that were not committed are undone */
	skip;

loop:	do
	:: /* it looks by itself, or before it serves */
	   goto learn
	:: calls ? transaction -> goto serve
	:: finished && (!outer || said_ended < open) -> break
	od;
	goto end;

learn:	if
	:: !outer -> goto loop
	:: outer && done == 0 -> outer = false; goto loop
	:: outer && done > 0 && said_ended < open -> goto loop
	:: else -> skip
	fi;
	MAY_DIE(start);
	if
	:: said_kept >= open -> outer = false
	:: else -> atomic { fs_value--; done = 0 } MAY_DIE(start); outer = false
	fi;
	goto loop;

serve:	if
	:: outer && done > 0 && said_ended >= open ->
		if
		:: said_kept >= open -> outer = false
		:: else -> atomic { fs_value--; done = 0 } outer = false
		fi
	:: else -> skip
	fi;
	if
	:: kills < KILLS -> kills++; answers ! DIED; goto start
	:: true -> skip
	fi;
	if
	:: outer && done > 0 -> answers ! AGAIN; goto loop /* no step that follows */
	:: else -> skip
	fi;
	assert(!outer || done == 0);
	outer = true;
	atomic { open = transaction; done = 0 }
	if
	:: kills < KILLS -> kills++; answers ! DIED; goto start
	:: true -> skip
	fi;
	atomic { fs_value++; done = 1 } /* the inner commit */
	if
	:: kills < KILLS -> kills++; answers ! DIED; goto start
	:: answers ! DONE
	fi;
	goto loop;

end:	assert(!outer);
	assert(acknowledged == REQUESTS);
	assert(vfs_value == REQUESTS);
	assert(fs_value == REQUESTS)
}

init
{
	atomic { run Vfs(); run Fs() }
}
