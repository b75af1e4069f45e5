// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls with a lent context under deadline, cancellation and death. Two clients call a server, the
 * server calls a second one on the client's context, which may die; a clock ends calls at any
 * point. Compare kernel/core/ipc.c; contexts are numbered like their owners.
 * Checked: a context is with at most one thread or parked; a caller always gets an answer; the
 * chain of a context is the calls that wait on it; nobody waits for a thread that is gone. */

#define CLIENTS 2
#define FRONT   2 /* the server that the clients call */
#define BACK    3 /* the one that it calls */
#define THREADS 4
#define NONE    255

mtype = { READY, SENDING, RECEIVING, CALLING, DEAD }
mtype = { FREE, ARMED, OWED }
mtype = { NOTHING, DONE, LATE, PEER_DEAD }

/* A reply object for each server. */
typedef Reply {
	mtype state = FREE;
	byte caller = NONE;
	byte lent = NONE;  /* context */
	byte outer = NONE; /* the server's reply below in the context's chain */
}

mtype state[THREADS] = READY;
mtype result[THREADS] = NOTHING;
byte context[THREADS];    /* what a thread runs on */
byte holder[THREADS];     /* where a context is */
byte chain[THREADS];      /* newest reply on a context */
Reply reply[THREADS];     /* by server */
byte target[THREADS];     /* whom a thread calls */
byte answered;

inline go_home(t)
{
	context[t] = t;
	holder[t] = t;
}

/* Brings the context of a call back to its caller: newer calls on it lose it. */
inline take_back(s)
{
	byte c = reply[s].caller;
	byte sc = reply[s].lent;
	byte top;
	if
	:: sc == NONE -> go_home(c)
	:: else ->
		byte was = holder[sc];
		do
		:: true ->
			top = chain[sc];
			chain[sc] = reply[top].outer;
			reply[top].lent = NONE;
			reply[top].outer = NONE;
			if
			:: top == s -> break
			:: else
			fi
		od;
		context[c] = sc;
		holder[sc] = c;
		if
		:: was != NONE && was != c -> go_home(was)
		:: else
		fi
	fi;
	top = 0; was = 0; sc = 0
}

/* Ends the call that server `s` owes with `why`. */
inline finish(s, why)
{
	byte caller = reply[s].caller;
	take_back(s);
	reply[s].caller = NONE;
	state[caller] = READY;
	result[caller] = why;
	caller = 0
}

inline connect(c, s)
{
	reply[s].state = OWED;
	reply[s].caller = c;
	reply[s].lent = context[c];
	reply[s].outer = chain[context[c]];
	chain[context[c]] = s;
	holder[context[c]] = s;
	context[s] = context[c];
	context[c] = NONE;
	state[c] = CALLING;
	state[s] = READY
}

inline call(c, s)
{
	atomic {
		result[c] = NOTHING;
		target[c] = s;
		if
		:: state[s] == DEAD -> result[c] = PEER_DEAD
		:: state[s] == RECEIVING -> connect(c, s)
		:: else -> state[c] = SENDING
		fi
	}
}

inline check()
{
	atomic {
		byte i = 0;
		do
		:: i < THREADS ->
			assert(context[i] == NONE || holder[context[i]] == i || state[i] == DEAD);
			assert(state[i] != CALLING || reply[target[i]].caller == i);
			assert(!(state[i] == CALLING && state[target[i]] == DEAD));
			assert(!(state[i] == SENDING && state[target[i]] == DEAD));
			assert(chain[i] == NONE || reply[chain[i]].lent == i);
			assert(reply[i].state != OWED || reply[i].caller == NONE ||
			       state[reply[i].caller] == CALLING);
			i++
		:: else -> break
		od;
		i = 0
	}
}

proctype Client(byte me; byte calls)
{
	byte rounds = 0;
	do
	:: rounds < calls ->
		call(me, FRONT);
		state[me] == READY;
		assert(result[me] != NOTHING && context[me] == me);
		check();
		rounds++
	:: else -> break
	od;
	answered++
}

/* Receives: parks nothing, since it has one reply object; accepts a sender that waits. */
inline receive(s)
{
	atomic {
		assert(reply[s].state != ARMED);
		if
		:: reply[s].state == OWED && reply[s].caller != NONE -> finish(s, PEER_DEAD)
		:: else
		fi;
		reply[s].state = FREE;
		go_home(s);
		byte i = 0;
		do
		:: i == THREADS -> reply[s].state = ARMED; state[s] = RECEIVING; break
		:: i < THREADS && state[i] == SENDING && target[i] == s -> connect(i, s); break
		:: i < THREADS && !(state[i] == SENDING && target[i] == s) -> i++
		od;
		i = 0
	}
}

inline answer(s)
{
	atomic {
		if
		:: reply[s].state == OWED && reply[s].caller != NONE -> finish(s, DONE)
		:: else /* gone */
		fi;
		reply[s].state = FREE
	}
}

proctype Server(byte me; bool nested)
{
end:
	do
	:: state[me] == DEAD -> break
	:: state[me] == READY ->
		receive(me);
end_idle:
		state[me] == READY || state[me] == DEAD;
		if
		:: state[me] == DEAD -> break
		:: else
		fi;
		if
		:: atomic { nested && state[me] == READY -> call(me, BACK) }
			state[me] == READY || state[me] == DEAD
		:: true
		fi;
		if
		:: state[me] == DEAD -> break
		:: else
		fi;
		check();
		answer(me);
		check()
	od
}

inline leave_wait(t)
{
	if
	:: state[t] == CALLING -> finish(target[t], LATE)
	:: state[t] == SENDING -> state[t] = READY; result[t] = LATE
	:: else
	fi
}

/* Deadlines and cancellation: a call ends at any moment. */
proctype Clock()
{
	byte times = 0;
end:
	do
	:: times < 1 ->
		atomic {
			if
			:: state[0] == CALLING || state[0] == SENDING -> leave_wait(0)
			:: state[1] == CALLING || state[1] == SENDING -> leave_wait(1)
			:: state[FRONT] == CALLING || state[FRONT] == SENDING -> leave_wait(FRONT)
			:: true
			fi;
			times++
		}
		check()
	:: break
	od
}

inline wake_senders(s)
{
	byte i = 0;
	do
	:: i < THREADS ->
		if
		:: state[i] == SENDING && target[i] == s -> state[i] = READY; result[i] = PEER_DEAD
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

/* A server dies at any moment with its endpoint and reply object. */
proctype Death()
{
	byte s;
end:
	if
	:: true -> skip
	:: atomic {
		if
		:: s = FRONT
		:: s = BACK
		fi;
		leave_wait(s);
		if
		:: reply[s].state == OWED && reply[s].caller != NONE -> finish(s, PEER_DEAD)
		:: else
		fi;
		state[s] = DEAD;
		reply[s].state = FREE;
		context[s] = NONE;
		wake_senders(s)
	}
	check()
	fi
}

init {
	atomic {
		byte t = 0;
		do
		:: t < THREADS ->
			context[t] = t;
			holder[t] = t;
			chain[t] = NONE;
			t++
		:: else -> break
		od;
		run Client(0, 2);
		run Client(1, 1);
		run Server(FRONT, true);
		run Server(BACK, false);
		run Clock();
		run Death()
	}
	answered == CLIENTS; /* else an invalid end state: somebody waits for ever */
}
