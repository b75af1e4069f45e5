// SPDX-License-Identifier: MIT OR Apache-2.0
/* The restart contract: a client sends numbered requests to a service that is killed at any step;
 * the service keeps its state and the client's session in an estate with an undo log. Compare
 * lib/service/{client,service}.c and lib/estate/estate.c.
 * Checked: each `once` operation is done exactly once, an acknowledged effect is never lost, and
 * no operation fails. */

#define OPERATIONS 3
#define KILLS      3

mtype = { IDLE, ASKED, ACCEPTED, ANSWERED, PEER_DEAD }

mtype wire = IDLE;
byte wire_sequence; /* of the request */
byte wire_value;    /* of the reply */

/* The estate: survives a kill. */
byte total;           /* the effect: how many operations were done */
byte sequence;        /* the session: the last request and its reply */
byte cached;
byte log_length;      /* entries in force: 0..2 */
byte old_total;
byte old_sequence;
byte old_cached;

byte kills;
bool alive = true;
bool gone; /* the killed instance has made its last write */
byte acknowledged;

/* Everything between two labels is one write to memory; a kill may come between any two. */
#define DIES (!alive)

proctype Client()
{
	byte next = 1;
	do
	:: next <= OPERATIONS ->
		atomic { wire = ASKED; wire_sequence = next }
again:
		if
		:: atomic { wire == ANSWERED ->
			assert(wire_value == next); /* done once, in order */
			assert(total >= next);      /* and kept */
			acknowledged = next;
			wire = IDLE;
			next++ }
		:: atomic { wire == PEER_DEAD -> wire = ASKED } goto again
		fi
	:: else -> break
	od;
	assert(total == OPERATIONS && log_length == 0)
}

/* An instance of the service. Local variables die with it. */
proctype Service()
{
	byte asked;
	byte value;

	/* Open the estate: undo, newest entry first. */
	do
	:: DIES -> goto dead
	:: alive && log_length == 2 -> sequence = old_sequence; cached = old_cached;
		if :: DIES -> goto dead :: else fi;
		log_length = 1
	:: alive && log_length == 1 -> total = old_total;
		if :: DIES -> goto dead :: else fi;
		log_length = 0
	:: alive && log_length == 0 -> break
	od;
end:
	do
	:: DIES -> goto dead
	:: atomic { alive && wire == ASKED -> wire = ACCEPTED; asked = wire_sequence }
		if
		:: asked == sequence -> value = cached /* it was done: the reply was lost */
		:: else ->
			if :: DIES -> goto dead :: else fi;
			old_total = total;
			if :: DIES -> goto dead :: else fi;
			log_length = 1;
			if :: DIES -> goto dead :: else fi;
			total = total + 1; /* the operation: not one to be repeated */
			value = total;
			if :: DIES -> goto dead :: else fi;
			old_sequence = sequence; old_cached = cached;
			if :: DIES -> goto dead :: else fi;
			log_length = 2;
			if :: DIES -> goto dead :: else fi;
			sequence = asked;
			if :: DIES -> goto dead :: else fi;
			cached = value;
			if :: DIES -> goto dead :: else fi;
			log_length = 0 /* commit */
		fi;
		atomic {
			if
			:: DIES -> goto dead
			:: else -> assert(wire == ACCEPTED); wire_value = value; wire = ANSWERED
			fi
		}
	od;
dead:
	gone = true
}

/* Kills the service at any step and starts the next instance. Callers that it had accepted are
 * told; others stay queued at the endpoint. */
proctype Supervisor()
{
end:
	do
	:: kills < KILLS ->
		atomic {
			alive = false;
			kills++;
			if
			:: wire == ACCEPTED -> wire = PEER_DEAD
			:: else
			fi
		}
		atomic { gone -> gone = false; alive = true; run Service() }
	:: break
	od
}

init {
	atomic {
		run Client();
		run Service();
		run Supervisor()
	}
}
