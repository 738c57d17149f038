<?php
/**
 * The administrator's pages: settings, and how the words fare.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- own tables, whose names hold no input.

/**
 * Both pages are for who may manage options.
 */
class Izin_Admin {

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_action( 'admin_menu', array( __CLASS__, 'menu' ) );
		add_action( 'admin_init', array( __CLASS__, 'register' ) );
		add_action( 'admin_notices', array( __CLASS__, 'silence' ) );
		foreach ( array( 'test', 'again', 'drop', 'work' ) as $action ) {
			add_action( "admin_post_izin_$action", array( __CLASS__, $action ) );
		}
	}

	/**
	 * Menu items.
	 */
	public static function menu() {
		add_options_page( 'İzin', 'İzin', 'manage_options', 'izin', array( __CLASS__, 'settings' ) );
		add_management_page( __( 'Consents (İzin)', 'izin' ), __( 'Consents (İzin)', 'izin' ), 'manage_options', 'izin-queue', array( __CLASS__, 'queue' ) );
	}

	/**
	 * The setting.
	 */
	public static function register() {
		register_setting( 'izin', 'izin_settings', array( 'sanitize_callback' => array( 'Izin_Settings', 'sanitize' ) ) );
	}

	/**
	 * The page of settings.
	 */
	public static function settings() {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		echo '<div class="wrap"><h1>İzin</h1>';
		self::outcome();
		echo '<form method="post" action="options.php">';
		settings_fields( 'izin' );
		echo '<h2>' . esc_html__( 'Connection', 'izin' ) . '</h2><p>' . esc_html__( 'Add a user for your program in İzin’s panel, under Programs. The page that shows its password has all five values.', 'izin' ) . '</p><table class="form-table" role="presentation">';
		self::text( 'url', __( 'Address of İzin', 'izin' ), 'url' );
		self::text( 'user', __( 'User name', 'izin' ) );
		self::secret( 'password', __( 'Password', 'izin' ) );
		self::text( 'iys', __( 'Company number (iysCode)', 'izin' ) );
		self::text( 'brand', __( 'Brand number (brandCode)', 'izin' ) );
		echo '</table><h2>' . esc_html__( 'What visitors are asked', 'izin' ) . '</h2><table class="form-table" role="presentation">';
		self::channels();
		self::text( 'version', __( 'Version of the wording', 'izin' ) );
		echo '</table><h2>' . esc_html__( 'Faster refusals (optional)', 'izin' ) . '</h2><p>' . esc_html__( 'WordPress asks İzin every half minute. For refusals at once, add this address in İzin’s panel, with this user and password; then enter the signing secret that the panel shows.', 'izin' ) . '</p><table class="form-table" role="presentation">';
		printf( '<tr><th scope="row">%s</th><td><code>%s</code></td></tr>', esc_html__( 'Address', 'izin' ), esc_html( rest_url( ltrim( Izin_Feed::ROUTE, '/' ) ) ) );
		self::text( 'push_user', __( 'User name', 'izin' ) );
		self::secret( 'push_password', __( 'Password', 'izin' ) );
		self::secret( 'push_secret', __( 'Signing secret', 'izin' ) );
		echo '</table>';
		submit_button();
		echo '</form>';
		self::button( 'test', __( 'Try the connection', 'izin' ) );
		echo '</div>';
	}

	/**
	 * A field of text.
	 *
	 * @param string $name  Of the setting.
	 * @param string $label Its label.
	 * @param string $type  text or url.
	 */
	private static function text( $name, $label, $type = 'text' ) {
		printf(
			'<tr><th scope="row"><label for="izin_%1$s">%2$s</label></th><td><input type="%3$s" class="regular-text" name="izin_settings[%1$s]" id="izin_%1$s" value="%4$s" %5$s>%6$s</td></tr>',
			esc_attr( $name ),
			esc_html( $label ),
			esc_attr( $type ),
			esc_attr( Izin_Settings::get( $name ) ),
			disabled( Izin_Settings::is_fixed( $name ), true, false ),
			wp_kses_post( self::fixed( $name ) )
		);
	}

	/**
	 * Why a field cannot be changed.
	 *
	 * @param string $name Of the setting.
	 * @return string Empty where it can be.
	 */
	private static function fixed( $name ) {
		/* translators: %s: name of a constant. */
		$text = sprintf( __( 'Fixed by %s in wp-config.php. Change it there.', 'izin' ), '<code>' . Izin_Settings::constant( $name ) . '</code>' );
		return Izin_Settings::is_fixed( $name ) ? "<p class=\"description\">$text</p>" : '';
	}

	/**
	 * A field of a secret, which no page shows again.
	 *
	 * @param string $name  password, push_password or push_secret.
	 * @param string $label Its label.
	 */
	private static function secret( $name, $label ) {
		$kept = '' !== Izin_Settings::secret( $name );
		printf(
			'<tr><th scope="row"><label for="izin_%1$s">%2$s</label></th><td><input type="password" class="regular-text" name="izin_settings[%1$s]" id="izin_%1$s" value="" autocomplete="new-password" %3$s>%4$s</td></tr>',
			esc_attr( $name ),
			esc_html( $label ),
			disabled( Izin_Settings::is_fixed( $name ), true, false ),
			wp_kses_post( Izin_Settings::is_fixed( $name ) ? self::fixed( $name ) : '<p class="description">' . ( $kept ? esc_html__( 'Kept, encrypted. Leave it empty to keep it.', 'izin' ) : esc_html__( 'None yet.', 'izin' ) ) . '</p>' )
		);
	}

	/**
	 * Channels and their wordings.
	 */
	private static function channels() {
		$names = array(
			'EPOSTA' => __( 'E-mail', 'izin' ),
			'MESAJ'  => __( 'SMS (checkout only)', 'izin' ),
			'ARAMA'  => __( 'Call (checkout only)', 'izin' ),
		);
		foreach ( $names as $channel => $name ) {
			printf(
				'<tr><th scope="row">%2$s</th><td><label><input type="checkbox" name="izin_settings[channels][]" value="%1$s" %3$s> %4$s</label>%7$s<br><textarea class="large-text" rows="2" name="izin_settings[wording_%1$s]" id="izin_wording_%1$s" aria-label="%5$s"%8$s>%6$s</textarea>%9$s</td></tr>',
				esc_attr( $channel ),
				esc_html( $name ),
				checked( in_array( $channel, Izin_Settings::get( 'channels' ), true ), true, false ) . disabled( Izin_Settings::is_fixed( 'channels' ), true, false ),
				esc_html__( 'Ask', 'izin' ),
				esc_attr( __( 'Wording of the box', 'izin' ) ),
				esc_textarea( Izin_Settings::get( "wording_$channel" ) ),
				wp_kses_post( self::fixed( 'channels' ) ),
				disabled( Izin_Settings::is_fixed( "wording_$channel" ), true, false ),
				wp_kses_post( self::fixed( "wording_$channel" ) . ( 'EPOSTA' === $channel ? '' : '<p class="description">' . esc_html__( 'The number of an order is not proved. Do not ask if anybody can order with another person’s number.', 'izin' ) . '</p>' ) )
			);
		}
	}

	/**
	 * The page of the queue.
	 */
	public static function queue() {
		global $wpdb;
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$counts = $wpdb->get_results( "SELECT state, COUNT(*) AS many FROM {$wpdb->prefix}izin_queue GROUP BY state", OBJECT_K );
		$words  = array(
			'waiting'  => __( 'waiting to be sent', 'izin' ),
			'sent'     => __( 'sent; İzin has yet to confirm that it stored them', 'izin' ),
			'stored'   => __( 'stored; their evidence follows', 'izin' ),
			'unproven' => __( 'waiting for the person to confirm their e-mail', 'izin' ),
			'done'     => __( 'stored in the last day', 'izin' ),
			'failed'   => __( 'refused by İzin', 'izin' ),
		);
		echo '<div class="wrap"><h1>' . esc_html__( 'Consents (İzin)', 'izin' ) . '</h1>';
		self::outcome();
		self::contact();
		echo '<ul class="ul-disc">';
		foreach ( $words as $state => $word ) {
			$many = isset( $counts[ $state ] ) ? (int) $counts[ $state ]->many : 0;
			printf( '<li id="izin-%1$s"><strong>%2$s</strong> %3$s</li>', esc_attr( $state ), esc_html( number_format_i18n( $many ) ), esc_html( $word ) );
		}
		echo '</ul>';
		self::button( 'work', __( 'Ask and send now', 'izin' ) );
		self::unasked();
		$failed = $wpdb->get_results( "SELECT * FROM {$wpdb->prefix}izin_queue WHERE state = 'failed' ORDER BY id DESC LIMIT 100" );
		if ( $failed ) {
			echo '<h2>' . esc_html__( 'Refused by İzin', 'izin' ) . '</h2><p>' . esc_html__( 'Until this is solved, do not write to these addresses. The last hundred are shown.', 'izin' ) . '</p><div style="overflow-x:auto"><table class="widefat striped"><thead><tr>';
			foreach ( array( __( 'Address', 'izin' ), __( 'Channel', 'izin' ), __( 'Consent', 'izin' ), __( 'Given (UTC)', 'izin' ), __( 'Why', 'izin' ), '' ) as $head ) {
				echo '<th scope="col">' . esc_html( $head ) . '</th>';
			}
			echo '</tr></thead><tbody>';
			foreach ( $failed as $row ) {
				printf( '<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s <code>%s</code></td><td>', esc_html( $row->address ), esc_html( $row->channel ), esc_html( $row->word ), esc_html( $row->happened ), esc_html( $row->fault ), esc_html( $row->code ) );
				self::button( 'again', __( 'Send again', 'izin' ), $row->id );
				if ( 'ONAY' === $row->word ) { // A refusal is never thrown away.
					self::button( 'drop', __( 'Delete', 'izin' ), $row->id );
				}
				echo '</td></tr>';
			}
			echo '</tbody></table></div>';
		}
		echo '</div>';
	}

	/**
	 * When İzin answered last, and what is wrong.
	 */
	private static function contact() {
		if ( ! Izin_Settings::complete() ) {
			echo '<div class="notice notice-warning inline"><p>' . esc_html__( 'The connection is not set yet. No box is shown and nothing is sent.', 'izin' ) . ' <a href="' . esc_url( admin_url( 'options-general.php?page=izin' ) ) . '">' . esc_html__( 'Settings', 'izin' ) . '</a></p></div>';
			return;
		}
		foreach ( array_filter( array( get_option( 'izin_fault' ), get_option( 'izin_fault_send' ) ) ) as $fault ) {
			printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html( trim( $fault['text'] . ' ' . $fault['code'] ) ) );
		}
		$seen = (int) get_option( 'izin_seen', 0 );
		/* translators: %s: how long ago. */
		$text = $seen ? sprintf( __( 'İzin answered %s ago.', 'izin' ), human_time_diff( $seen ) ) : __( 'İzin has not answered yet.', 'izin' );
		if ( ! get_option( 'izin_fault' ) && Izin_Queue::silent_for() > 10 * MINUTE_IN_SECONDS ) {
			$text .= ' ' . __( 'WordPress’s cron does not run: nobody visits the site, or DISABLE_WP_CRON is set and no other cron calls wp-cron.php.', 'izin' );
		}
		echo '<p id="izin-seen">' . esc_html( $text ) . '</p>';
	}

	/**
	 * Users for whom İzin could not be asked: what stands for them is not known here.
	 */
	private static function unasked() {
		global $wpdb;
		$users = $wpdb->get_results( "SELECT ID, user_login, user_email, meta_value AS why FROM $wpdb->users JOIN $wpdb->usermeta ON user_id = ID WHERE meta_key = 'izin_unasked' ORDER BY ID LIMIT 100" );
		if ( ! $users ) {
			return;
		}
		echo '<h2>' . esc_html__( 'Users who could not be asked about', 'izin' ) . '</h2><p>' . esc_html__( 'İzin does not take their address, so nobody may write to them. Once it is corrected, İzin is asked again. The first hundred are shown.', 'izin' ) . '</p><div style="overflow-x:auto"><table class="widefat striped" id="izin-unasked"><thead><tr>';
		foreach ( array( __( 'User', 'izin' ), __( 'Address', 'izin' ), __( 'Why', 'izin' ) ) as $head ) {
			echo '<th scope="col">' . esc_html( $head ) . '</th>';
		}
		echo '</tr></thead><tbody>';
		foreach ( $users as $user ) {
			printf( '<tr><td><a href="%s">%s</a></td><td>%s</td><td>%s</td></tr>', esc_url( get_edit_user_link( $user->ID ) ), esc_html( $user->user_login ), esc_html( $user->user_email ), esc_html( $user->why ) );
		}
		echo '</tbody></table></div>';
	}

	/**
	 * On every page of who may set it right: that İzin has not answered for an hour.
	 */
	public static function silence() {
		if ( ! get_option( 'izin_seen' ) || Izin_Queue::silent_for() < HOUR_IN_SECONDS || ! Izin_Settings::complete() || ! current_user_can( 'manage_options' ) ) {
			return;
		}
		printf( '<div class="notice notice-error" id="izin-silence"><p>%s <a href="%s">%s</a></p></div>', esc_html__( 'İzin has not answered for more than an hour. After a day no address counts as allowed here.', 'izin' ), esc_url( admin_url( 'tools.php?page=izin-queue' ) ), esc_html__( 'Consents (İzin)', 'izin' ) );
	}

	/**
	 * A button with a nonce.
	 *
	 * @param string $action test, again, drop or work.
	 * @param string $label  Its label.
	 * @param int    $id     Number of a word.
	 */
	private static function button( $action, $label, $id = 0 ) {
		printf( '<form method="post" action="%s" style="display:inline-block"><input type="hidden" name="action" value="izin_%s"><input type="hidden" name="id" value="%d">', esc_url( admin_url( 'admin-post.php' ) ), esc_attr( $action ), (int) $id );
		wp_nonce_field( "izin_$action" );
		printf( '<button type="submit" class="button">%s</button></form> ', esc_html( $label ) );
	}

	/**
	 * Checks the right to an action, and which word it is about.
	 *
	 * @param string $action test, again, drop or work.
	 * @return object|null A failed word.
	 */
	private static function check( $action ) {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You may not do this.', 'izin' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( "izin_$action" );
		$row = isset( $_POST['id'] ) ? Izin_Queue::row( (int) $_POST['id'] ) : null;
		return $row && 'failed' === $row->state ? $row : null;
	}

	/**
	 * Sends a failed word again.
	 */
	public static function again() {
		$row = self::check( 'again' );
		if ( $row ) {
			Izin_Queue::again( array( $row ) );
		}
		self::back( 'izin-queue' );
	}

	/**
	 * Deletes a failed consent. It was never in force.
	 */
	public static function drop() {
		global $wpdb;
		$row = self::check( 'drop' );
		if ( $row && 'ONAY' === $row->word ) {
			$wpdb->delete( "{$wpdb->prefix}izin_queue", array( 'id' => $row->id, 'state' => 'failed' ) );
		}
		self::back( 'izin-queue' );
	}

	/**
	 * Works now instead of in half a minute.
	 */
	public static function work() {
		self::check( 'work' );
		Izin_Queue::resume();
		Izin_Queue::work();
		self::back( 'izin-queue' );
	}

	/**
	 * Tries the connection: the user, the company and the brand.
	 */
	public static function test() {
		self::check( 'test' );
		if ( ! Izin_Settings::complete() ) {
			self::back( 'izin', 'unset' );
		}
		delete_option( 'izin_token' );
		$answer = Izin_Client::call( 'GET', '/sps/' . Izin_Settings::get( 'iys' ) . '/brands' );
		if ( 200 !== $answer['status'] ) {
			Izin_Queue::pause( $answer );
			Izin_Queue::resume();
			self::back( 'izin', 'fault' );
		}
		Izin_Queue::seen();
		$codes = array_map( 'strval', wp_list_pluck( isset( $answer['body']['list'] ) ? $answer['body']['list'] : (array) $answer['body'], 'brandCode' ) );
		self::back( 'izin', in_array( (string) Izin_Settings::get( 'brand' ), $codes, true ) ? 'works' : 'brand' );
	}

	/**
	 * Back to a page, which shows the result.
	 *
	 * @param string $page   izin or izin-queue.
	 * @param string $result Which sentence.
	 */
	private static function back( $page, $result = '' ) {
		$base = 'izin' === $page ? 'options-general.php' : 'tools.php';
		wp_safe_redirect( add_query_arg( array_filter( array( 'page' => $page, 'izin' => $result ) ), admin_url( $base ) ), 303 );
		exit;
	}

	/**
	 * The sentence of the last action.
	 */
	private static function outcome() {
		$fault = get_option( 'izin_fault', array() );
		$words = array(
			'works' => array( 'success', __( 'It works: İzin takes this user, this company and this brand.', 'izin' ) ),
			'brand' => array( 'error', __( 'İzin takes the user, and it has no such brand. Check the brand number.', 'izin' ) ),
			'unset' => array( 'warning', __( 'Fill in all five values and save first.', 'izin' ) ),
			'fault' => array( 'error', isset( $fault['text'] ) ? $fault['text'] . ' ' . $fault['code'] : '' ),
		);
		$asked = isset( $_GET['izin'] ) ? sanitize_key( $_GET['izin'] ) : ''; // phpcs:ignore WordPress.Security.NonceVerification -- picks a sentence.
		if ( isset( $words[ $asked ] ) && '' !== $words[ $asked ][1] ) {
			printf( '<div class="notice notice-%s inline" id="izin-outcome"><p>%s</p></div>', esc_attr( $words[ $asked ][0] ), esc_html( $words[ $asked ][1] ) );
		}
	}
}
